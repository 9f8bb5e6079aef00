"""The vault: sealed recordings over a plain store of objects, whichever that is."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from recordings import ogg, wav
from recordings.keys import KeyRing, UnknownKey
from recordings.seal import FRAME_BYTES, PREFIX_MAX, Header, Opened, sealed_chunks
from recordings.vault import SealedRecording, VaultError
from scheduler.clock import Clock

SEALED = ".sealed"
SIDE_CAR = ".json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class Missing(Exception):
    """The store has no object of that key."""


class Objects(Protocol):
    """Where the bytes go. Every failure but Missing is a VaultError."""

    async def create(self, key: str, chunks: Iterator[bytes]) -> bool:
        """Write all chunks durably under a new key, whole or not at all; False if it is taken."""
        ...

    async def put(self, key: str, content: bytes) -> None:
        """Write or replace a small object, whole or not at all."""
        ...

    async def get(self, key: str, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer where the object ends. Raises Missing."""
        ...

    async def delete(self, key: str) -> None:
        """The key is gone afterwards, whether or not it was there."""
        ...

    def keys(self) -> AsyncIterator[str]: ...

    async def ready(self) -> str | None: ...


class SealedVault:
    """The Vault port over any store of objects.

    A recording is there once its sealed object is; the side-car, a plain copy of its header for
    people and other tools, follows it and is made again by sealing again.
    """

    def __init__(self, objects: Objects, keys: KeyRing, clock: Clock) -> None:
        self._objects = objects
        self._keys = keys
        self._clock = clock

    async def seal(self, name: str, source: Path, meta: Mapping[str, str]) -> SealedRecording:
        """Encrypt and store the WAV or Ogg Opus at `source` under `name`, then remove `source`.

        Sealing the same audio again under its name does no harm. VaultError, with `source` kept,
        if the name is not opaque or is taken by other audio, or the store fails.
        """
        key = _key(name)
        header = await asyncio.to_thread(self._examine, name, source, meta)
        with source.open("rb") as audio:
            created = await self._objects.create(
                key + SEALED, sealed_chunks(audio, header, self._keys)
            )
        if not created:
            header = (await self._open(name)).header
            digest = await asyncio.to_thread(_sha256, source)
            if header.recording.sha256 != digest:
                raise VaultError(f"recording {name} exists with other content")
        await self._objects.put(key + SIDE_CAR, header.to_json())
        source.unlink(missing_ok=True)
        return header.recording

    def _examine(self, name: str, source: Path, meta: Mapping[str, str]) -> Header:
        try:
            recording = SealedRecording(
                name=name,
                sha256=_sha256(source),
                bytes=source.stat().st_size,
                duration_s=round(_duration_s(source), 3),
                sealed_at=self._clock.now(),
                key_id=self._keys.newest.key_id,
            )
        except (OSError, wav.NotWav, ogg.NotOpus) as error:
            raise VaultError(f"recording {name} can't be sealed: {error}") from error
        return Header(recording=recording, frame_bytes=FRAME_BYTES, meta=meta)

    async def read(
        self, name: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The audio bytes [start, end), frame by frame; only the frames needed are opened."""
        opened = await self._open(name)
        total = opened.header.recording.bytes
        end = total if end is None else min(end, total)
        if start < 0:
            raise ValueError(f"a range can't begin at {start}")
        for index in opened.frames_of(start, end):
            begin, stop = opened.place_of(index)
            sealed = await self._get(name, begin, stop)
            plain = await asyncio.to_thread(opened.frame, index, sealed)
            offset = index * opened.header.frame_bytes
            yield plain[max(0, start - offset) : end - offset]

    async def describe(self, name: str) -> SealedRecording:
        """What the sealed header says, checked against its key."""
        return (await self._open(name)).header.recording

    async def delete(self, name: str) -> None:
        """The recording and its side-car are gone afterwards, whether or not they were there."""
        key = _key(name)
        # The recording goes last: until then it is listed, and the deletion can be repeated.
        await self._objects.delete(key + SIDE_CAR)
        await self._objects.delete(key + SEALED)

    async def names(self) -> AsyncIterator[str]:
        """Every recording that is whole in the vault, in no order."""
        async for key in self._objects.keys():
            if key.endswith(SEALED):
                yield key.rsplit("/", 1)[-1].removesuffix(SEALED)

    async def ready(self) -> str | None:
        """None when a recording can be kept now, else the reason why not."""
        return await self._objects.ready()

    async def _open(self, name: str) -> Opened:
        try:
            return Opened(name, await self._get(name, 0, PREFIX_MAX), self._keys)
        except UnknownKey as error:
            raise VaultError(f"recording {name}: {error}") from error

    async def _get(self, name: str, start: int, end: int) -> bytes:
        try:
            return await self._objects.get(_key(name) + SEALED, start, end)
        except Missing as error:
            raise VaultError(f"recording {name} is not in the vault") from error


def _key(name: str) -> str:
    """Where a recording lies. Names tell nothing: a number of a phone is no name."""
    if not _NAME.fullmatch(name) or re.fullmatch(r"[\d_-]{7,}", name):
        raise VaultError(f"{name!r} is not an opaque recording name")
    return f"{hashlib.sha256(name.encode()).hexdigest()[:2]}/{name}"


def _duration_s(path: Path) -> float:
    with path.open("rb") as file:
        magic = file.read(4)
    return ogg.duration_s(path) if magic == b"OggS" else wav.duration_s(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
