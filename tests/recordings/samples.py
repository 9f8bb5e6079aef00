"""Two-channel G.711 WAVs for the tests."""

from __future__ import annotations

import random
import struct
from pathlib import Path


def wav_bytes(seconds: float, *, seed: int = 1, declared: int | None = None) -> bytes:
    """A mu-law WAV of noise; `declared` puts another data size into its header."""
    audio = random.Random(seed).randbytes(int(seconds * 8000) * 2)
    size = len(audio) if declared is None else declared
    fmt = struct.pack("<HHIIHHH", 7, 2, 8000, 16000, 2, 8, 0)
    fact = struct.pack("<I", len(audio) // 2)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    chunks += b"fact" + struct.pack("<I", len(fact)) + fact
    head = (
        b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, 4 + len(chunks) + 8 + size)) + b"WAVE" + chunks
    )
    return head + b"data" + struct.pack("<I", size) + audio


def write_wav(path: Path, seconds: float = 2.0, *, seed: int = 1) -> bytes:
    content = wav_bytes(seconds, seed=seed)
    path.write_bytes(content)
    return content
