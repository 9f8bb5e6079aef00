"""The recording of one call: both directions side by side, written by a thread in chunks."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from dialer.telephony.wire.g711 import RATE, SILENCE
from dialer.telephony.wire.wav import StereoWriter

_CHUNK = RATE  # samples: one second


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A closed recording. `error` tells why it is not whole."""

    path: str
    seconds: float
    size: int
    error: str | None


class Recorder:
    """Takes a frame of each side per tick. `writer` is a single thread: chunks stay in order."""

    def __init__(self, path: str, file: StereoWriter, writer: Executor) -> None:
        self._path = path
        self._file = file
        self._writer = writer
        self._left = bytearray()
        self._right = bytearray()
        self._error: str | None = None
        self.paused = False

    @classmethod
    async def open(cls, path: str, writer: Executor) -> Recorder:
        """Create the file. Raises OSError, so that no call goes on unrecorded by mistake."""
        file = await asyncio.get_running_loop().run_in_executor(writer, StereoWriter, path)
        return cls(path, file, writer)

    def add(self, ours: bytes, theirs: bytes) -> None:
        """20 ms of both sides; while paused their place is kept by silence."""
        self._left += SILENCE if self.paused else ours
        self._right += SILENCE if self.paused else theirs
        if len(self._left) >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        left, right = bytes(self._left), bytes(self._right)
        self._left.clear()
        self._right.clear()
        self._writer.submit(self._append, left, right)

    def _append(self, left: bytes, right: bytes) -> None:
        if self._error is None:
            try:
                self._file.append(left, right)
            except OSError as error:
                self._error = str(error)

    def close(self) -> asyncio.Future[Recorded]:
        """Write the rest; the future holds what is on the disk."""
        self._flush()
        return asyncio.get_running_loop().run_in_executor(self._writer, self._finish)

    def _finish(self) -> Recorded:
        recorded = Recorded(
            path=self._path, seconds=self._file.seconds, size=self._file.size, error=self._error
        )
        self._file.close()
        return recorded
