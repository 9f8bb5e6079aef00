"""WAV files with G.711 mu-law: a writer that a killed process can't spoil, and a reader of frames.

The writer puts sound to disk in chunks and then corrects the sizes in the header, so that what is
on the disk is a whole, playable file after every chunk.
"""

from __future__ import annotations

import audioop
import errno
import io
import os
import struct
from pathlib import Path
from types import TracebackType

from dialer.telephony.wire import g711

_PCM, _ULAW = 1, 7
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _header(channels: int, data: int) -> bytes:
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + data + data % 2,
        b"WAVE",
        b"fmt ",
        18,
        _ULAW,
        channels,
        g711.RATE,
        g711.RATE * channels,
        channels,
        8,
        0,
        b"fact",
        4,
        data // channels,
        b"data",
        data,
    )


class StereoWriter:
    """A two-channel mu-law WAV that grows by chunks. Not thread-safe; errors are OSError.

    The file is new and readable by its owner alone.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = io.FileIO(path, "xb", opener=_private)
        self._data = 0
        self._write(_header(2, 0))

    def append(self, left: bytes, right: bytes) -> None:
        """Write a chunk: mu-law of both sides, equally long."""
        if len(left) != len(right):
            raise ValueError(f"left has {len(left)} samples, right {len(right)}")
        both = bytearray(2 * len(left))
        both[0::2], both[1::2] = left, right
        self._write(both)
        self._data += len(both)
        os.pwrite(self._file.fileno(), _header(2, self._data), 0)

    def _write(self, data: bytes | bytearray) -> None:
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)

    @property
    def seconds(self) -> float:
        return self._data / 2 / g711.RATE

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return _HEADER.size + self._data

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> StereoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def write(path: str | Path, payload: bytes) -> None:
    """Write a one-channel mu-law file."""
    Path(path).write_bytes(_header(1, len(payload)) + payload + b"\xff" * (len(payload) % 2))


def read(path: str | Path) -> list[bytes]:
    """The channels of a mu-law or 16-bit WAV as mu-law at 8,000 Hz. Raises ValueError.

    The shape is one bytes object per channel, equally long. Other rates are converted.
    """
    data = Path(path).read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError(f"{path}: not a WAV file")
    fmt, sound = _chunks(data)
    if len(fmt) < 16 or sound is None:
        raise ValueError(f"{path}: no format or no sound")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", fmt[:16])
    if kind == 0xFFFE and len(fmt) >= 26:
        kind = int.from_bytes(fmt[24:26], "little")
    if (kind, bits) not in {(_ULAW, 8), (_PCM, 16)} or channels not in {1, 2} or not rate:
        raise ValueError(f"{path}: needs mu-law or 16-bit PCM with one or two channels")
    width = bits // 8
    sound = sound[: len(sound) - len(sound) % (width * channels)]
    return [_to_ulaw(_channel(sound, width, channels, n), width, rate) for n in range(channels)]


def read_frames(path: str | Path) -> list[bytes]:
    """20 ms mu-law frames of the file's first channel."""
    return g711.frames(read(path)[0])


def _chunks(data: bytes) -> tuple[bytes, bytes | None]:
    at, fmt, sound = 12, b"", None
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"fmt ":
            fmt = data[at + 8 : at + 8 + size]
        elif data[at : at + 4] == b"data":
            sound = data[at + 8 : at + 8 + size]
            break
        at += 8 + size + size % 2
    return fmt, sound


def _channel(sound: bytes, width: int, channels: int, number: int) -> bytes:
    if channels == 1:
        return sound
    if width == 1:
        return sound[number::2]
    return audioop.tomono(sound, width, 1 - number, number)


def _to_ulaw(sound: bytes, width: int, rate: int) -> bytes:
    if width == 1 and rate == g711.RATE:
        return sound
    pcm = g711.ulaw_to_pcm(sound) if width == 1 else sound
    if rate != g711.RATE:
        pcm, _ = audioop.ratecv(pcm, 2, 1, rate, g711.RATE, None)
    return g711.pcm_to_ulaw(pcm)
