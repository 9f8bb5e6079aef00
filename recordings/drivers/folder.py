"""Recordings in a folder of this machine, written durably and once."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from recordings.durable import PART, sync_folder, write_durably
from recordings.keys import KeyRing
from recordings.sealed_vault import Missing, SealedVault
from recordings.vault import Vault, VaultError
from scheduler.clock import Clock

STALE_PART_S = 86400.0


class FolderObjects:
    """Objects as files. A file gets its name when all of it is on the disk, never before."""

    def __init__(self, root: Path, *, least_free_bytes: int) -> None:
        self._root = root
        self._least_free = least_free_bytes

    async def create(self, key: str, chunks: Iterator[bytes]) -> bool:
        return await asyncio.to_thread(self._write, key, chunks, replace=False)

    async def put(self, key: str, content: bytes) -> None:
        await asyncio.to_thread(self._write, key, iter([content]), replace=True)

    def _write(self, key: str, chunks: Iterator[bytes], *, replace: bool) -> bool:
        path = self._root / key
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._root)
            return write_durably(path, chunks, replace=replace)
        except OSError as error:
            raise VaultError(f"{key} could not be written: {error.strerror}") from error

    async def get(self, key: str, start: int, end: int) -> bytes:
        return await asyncio.to_thread(self._read, key, start, end)

    def _read(self, key: str, start: int, end: int) -> bytes:
        try:
            with (self._root / key).open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except FileNotFoundError as error:
            raise Missing(key) from error
        except OSError as error:
            raise VaultError(f"{key} could not be read: {error.strerror}") from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._delete, key)

    def _delete(self, key: str) -> None:
        path = self._root / key
        try:
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise VaultError(f"{key} could not be deleted: {error.strerror}") from error

    async def keys(self) -> AsyncIterator[str]:
        for folder in await asyncio.to_thread(_sorted, self._root):
            for path in await asyncio.to_thread(_sorted, folder):
                if path.suffix != PART:
                    yield path.relative_to(self._root).as_posix()

    async def ready(self) -> str | None:
        return await asyncio.to_thread(self._ready)

    def _ready(self) -> str | None:
        probe = self._root / f"{secrets.token_hex(4)}{PART}"
        try:
            probe.write_bytes(b"")
            free = shutil.disk_usage(self._root).free
        except OSError as error:
            return f"recordings folder {self._root}: {error.strerror}"
        finally:
            probe.unlink(missing_ok=True)
        if free < self._least_free:
            return f"recordings folder {self._root}: only {free >> 20} MB are free"
        return None

    def sweep(self) -> None:
        """Remove what a writer left that was killed: parts older than a day."""
        probe = self._root / f"{secrets.token_hex(4)}{PART}"
        probe.write_bytes(b"")
        newest = probe.stat().st_mtime
        probe.unlink()
        for part in self._root.glob(f"**/*{PART}"):
            if newest - part.stat().st_mtime > STALE_PART_S:
                part.unlink(missing_ok=True)


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def open_vault(
    url: str, keys: KeyRing, clock: Clock, *, least_free_bytes: int = 512 << 20
) -> Vault:
    """The vault in a folder, made if missing: `file:///var/lib/ringfence/recordings`.

    It is not ready while less than `least_free_bytes` of the disk are free. Raises VaultError
    for another kind of URL or a folder that can't be used.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise VaultError(f"{url!r} is not the URL of a folder (file:///path)")
    root = Path(unquote(parts.path))
    objects = FolderObjects(root, least_free_bytes=least_free_bytes)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        objects.sweep()
    except OSError as error:
        raise VaultError(f"recordings folder {root}: {error.strerror}") from error
    return SealedVault(objects, keys, clock)
