"""The length of a WAV, also of one whose writer was killed before it could finish the header."""

from __future__ import annotations

import struct
from pathlib import Path


class NotWav(ValueError):
    """The file is not a WAV with a format and a data chunk."""


def duration_s(path: Path) -> float:
    """Seconds of audio. A data size of zero, or beyond the file's end, means up to the end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        riff = file.read(12)
        if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
            raise NotWav(f"{path.name} is not a WAV")
        byte_rate = 0
        while len(head := file.read(8)) == 8:
            kind, length = struct.unpack("<4sI", head)
            if kind == b"fmt ":
                fields = file.read(min(length, 16))
                if len(fields) == 16:
                    byte_rate = struct.unpack("<HHIIHH", fields)[3]
                file.seek(length - len(fields) + length % 2, 1)
            elif kind == b"data" and byte_rate:
                rest = size - file.tell()
                return (length if 0 < length <= rest else rest) / byte_rate
            else:
                file.seek(length + length % 2, 1)
    raise NotWav(f"{path.name} has no audio")
