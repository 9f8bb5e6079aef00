"""The length of an Ogg Opus file (RFC 7845), from its first and last pages."""

from __future__ import annotations

import struct
from pathlib import Path

OPUS_RATE = 48_000
"""What granule positions count in, whatever the audio's own rate."""

_LAST_PAGE = 65_307  # the longest that a page can be


class NotOpus(ValueError):
    """The file is not Opus in Ogg, or is cut short."""


def duration_s(path: Path) -> float:
    """Seconds of audio, the decoder's warm-up (pre-skip) not counted. Raises NotOpus."""
    with path.open("rb") as file:
        first = file.read(64)
        head = first.find(b"OpusHead")
        if not first.startswith(b"OggS") or head < 0 or len(first) < head + 12:
            raise NotOpus(f"{path.name} is not Opus in Ogg")
        skip = int.from_bytes(first[head + 10 : head + 12], "little")
        file.seek(max(0, path.stat().st_size - _LAST_PAGE))
        rest = file.read()
    page = rest.rfind(b"OggS")
    if page < 0 or len(rest) < page + 14:
        raise NotOpus(f"{path.name} is cut short")
    (granule,) = struct.unpack_from("<q", rest, page + 6)
    if granule < skip:
        raise NotOpus(f"{path.name} has no audio")
    return float(granule - skip) / OPUS_RATE
