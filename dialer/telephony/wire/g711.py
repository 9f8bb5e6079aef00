"""G.711 audio: 8,000 samples a second, one byte each, in frames of 20 ms."""

from __future__ import annotations

import audioop
import math
import struct
from collections.abc import Sequence

RATE = 8000
FRAME = 160
"""Samples, and so bytes, in a frame of 20 ms."""

SILENCE = b"\xff" * FRAME
"""A silent mu-law frame."""


def ulaw_to_pcm(payload: bytes) -> bytes:
    """Mu-law to 16-bit linear, native byte order."""
    return audioop.ulaw2lin(payload, 2)


def pcm_to_ulaw(pcm: bytes) -> bytes:
    return audioop.lin2ulaw(pcm, 2)


_ALL = bytes(range(256))
_ALAW_TO_ULAW = audioop.lin2ulaw(audioop.alaw2lin(_ALL, 2), 2)
_ULAW_TO_ALAW = audioop.lin2alaw(audioop.ulaw2lin(_ALL, 2), 2)


def alaw_to_ulaw(payload: bytes) -> bytes:
    return payload.translate(_ALAW_TO_ULAW)


def ulaw_to_alaw(payload: bytes) -> bytes:
    return payload.translate(_ULAW_TO_ALAW)


def mix(voices: Sequence[bytes]) -> bytes:
    """Mu-law frames of several voices as one; a single one stays as it is, none is silence."""
    if len(voices) <= 1:
        return voices[0] if voices else SILENCE
    sums = ulaw_to_pcm(voices[0])
    for voice in voices[1:]:
        sums = audioop.add(sums, ulaw_to_pcm(voice), 2)
    return pcm_to_ulaw(sums)


def tone(hz: float, seconds: float, *, level: float = 0.3) -> list[bytes]:
    """Mu-law frames of a pure tone; `level` is the amplitude as a part of full scale."""
    count = round(seconds * RATE / FRAME) * FRAME
    step = 2 * math.pi * hz / RATE
    samples = [round(32767 * level * math.sin(step * n)) for n in range(count)]
    return frames(pcm_to_ulaw(struct.pack(f"={count}h", *samples)))


def silence(seconds: float) -> list[bytes]:
    """Mu-law frames of silence."""
    return [SILENCE] * round(seconds * RATE / FRAME)


def frames(payload: bytes) -> list[bytes]:
    """Cut mu-law audio into 20 ms frames; the last one is filled with silence."""
    cut = [payload[i : i + FRAME] for i in range(0, len(payload), FRAME)]
    if cut and len(cut[-1]) < FRAME:
        cut[-1] = cut[-1].ljust(FRAME, b"\xff")
    return cut
