"""The vault port: sealed recordings, by opaque name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRecording:
    """A recording in the vault. `sha256` is of the audio as recorded, before encryption."""

    name: str
    sha256: str
    bytes: int
    duration_s: float
    sealed_at: datetime
    key_id: str


class VaultError(Exception):
    """The vault could not keep or give back a recording; the message names it."""


class Vault(Protocol):
    async def seal(self, name: str, source: Path, meta: Mapping[str, str]) -> SealedRecording:
        """Encrypt and store the WAV or Ogg Opus at `source` under `name`; write the side-car;
        remove `source`.

        Names are written once: VaultError if `name` exists with other content.
        """
        ...

    def read(self, name: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The audio bytes [start, end), decrypted and checked frame by frame."""
        ...

    async def describe(self, name: str) -> SealedRecording: ...

    async def delete(self, name: str) -> None: ...

    def names(self) -> AsyncIterator[str]: ...

    async def ready(self) -> str | None:
        """None when a recording can be kept now, else the reason why not."""
        ...
