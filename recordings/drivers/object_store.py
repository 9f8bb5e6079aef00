"""Recordings in an object store (S3 and its like), by obstore."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import ObjectStore, from_url

from recordings.keys import KeyRing
from recordings.sealed_vault import Missing, SealedVault
from recordings.vault import Vault, VaultError
from scheduler.clock import Clock

PROBE = "probe"
ABSENT = (FileNotFoundError, NotFoundError)


class StoredObjects:
    """Objects in a bucket. The store itself refuses to overwrite a recording."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._writable = False

    async def create(self, key: str, chunks: Iterator[bytes]) -> bool:
        # A conditional put is one request: the whole object is in memory for its time.
        content = await asyncio.to_thread(b"".join, chunks)
        try:
            await obstore.put_async(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return False
        except BaseError as error:
            self._writable = False
            raise VaultError(f"{key} could not be written: {_short(error)}") from error
        return True

    async def put(self, key: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, key, content)
        except BaseError as error:
            self._writable = False
            raise VaultError(f"{key} could not be written: {_short(error)}") from error

    async def get(self, key: str, start: int, end: int) -> bytes:
        try:
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))
        except ABSENT as error:
            raise Missing(key) from error
        except BaseError as error:
            raise VaultError(f"{key} could not be read: {_short(error)}") from error

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except ABSENT:
            return
        except BaseError as error:
            raise VaultError(f"{key} could not be deleted: {_short(error)}") from error

    async def keys(self) -> AsyncIterator[str]:
        try:
            async for batch in obstore.list(self._store):
                for entry in batch:
                    yield entry["path"]
        except BaseError as error:
            raise VaultError(f"the object store could not be listed: {_short(error)}") from error

    async def ready(self) -> str | None:
        """Writes a probe until one was taken; from then on asks only whether the store answers."""
        try:
            if not self._writable:
                await obstore.put_async(self._store, PROBE, b"")
                self._writable = True
            await obstore.head_async(self._store, PROBE)
        except (BaseError, FileNotFoundError) as error:
            self._writable = False
            return f"object store: {_short(error)}"
        return None


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def open_vault(
    url: str,
    keys: KeyRing,
    clock: Clock,
    *,
    config: Mapping[str, str] | None = None,
    allow_http: bool = False,
) -> Vault:
    """The vault in an object store: `s3://bucket/prefix`, `gs://...`, `az://...`, `memory:///`.

    Credentials, region and endpoint come from `config` (obstore's names, such as `endpoint`) or
    from the store's own environment variables. `allow_http` is for a store on this machine.
    Raises VaultError for a URL that is none.
    """
    options: dict[str, object] = {}
    if config is not None:
        options["config"] = dict(config)
    if allow_http:
        options["client_options"] = {"allow_http": True}
    try:
        store = from_url(url, **options)  # type: ignore[call-overload]
    except (BaseError, ValueError, TypeError) as error:
        raise VaultError(f"{url!r} is not the URL of an object store: {_short(error)}") from error
    return SealedVault(StoredObjects(store), keys, clock)
