"""Sound for greetings: espeak-ng's speech, backgrounds and tones, as 16-bit samples at 8 kHz."""

from __future__ import annotations

import audioop
import math
import random
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dialer.bench.greetings.words import Words
from dialer.telephony.wire import wav
from dialer.telephony.wire.g711 import RATE, ulaw_to_pcm

PROGRAM = "espeak-ng"
BED_S = 12
"""Seconds of each background."""

BACKGROUNDS = ("hiss", "hum", "street", "babble")
_NEAR_SILENCE = 64


def can_speak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which(PROGRAM) is not None


@cache
def spoken(text: str, voice: str, speed: int, pitch: int) -> bytes:
    """The text in a voice of espeak-ng, without silence around it."""
    with TemporaryDirectory(prefix="greeting-") as folder:
        path = Path(folder) / "said.wav"
        words = (PROGRAM, "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(path), text)
        subprocess.run(words, check=True, capture_output=True)
        return _trimmed(ulaw_to_pcm(wav.read(path)[0]))


def _trimmed(pcm: bytes) -> bytes:
    step = RATE // 100 * 2
    loud = [
        at for at in range(0, len(pcm), step) if audioop.max(pcm[at : at + step], 2) > _NEAR_SILENCE
    ]
    return pcm[loud[0] : loud[-1] + step] if loud else b""


def at_level(pcm: bytes, rms: float) -> bytes:
    """The same sound as loud as `rms`."""
    there = audioop.rms(pcm, 2)
    return audioop.mul(pcm, 2, rms / there) if there else pcm


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def tone(hz: float, seconds: float, amplitude: float) -> bytes:
    step = 2 * math.pi * hz / RATE
    return _packed([amplitude * math.sin(step * n) for n in range(round(seconds * RATE))])


def background(kind: str, words: Words, chance: random.Random) -> bytes:
    """`BED_S` seconds of what is heard behind a voice."""
    match kind:
        case "hiss":
            return _packed([chance.gauss(0, 1000) for _ in range(BED_S * RATE)])
        case "hum":
            return _hum(chance)
        case "street":
            return _street(chance)
        case "babble":
            return _babble(words, chance)
    raise ValueError(f"there is no background {kind!r}")


def _hum(chance: random.Random) -> bytes:
    mains = 2 * math.pi * chance.choice([50, 60]) / RATE
    return _packed(
        [
            1000 * sum(math.sin(part * mains * n) / part for part in (1, 2, 3))
            + chance.gauss(0, 100)
            for n in range(BED_S * RATE)
        ]
    )


def _street(chance: random.Random) -> bytes:
    """Low noise that swells and fades, as cars that pass."""
    samples, low = [], 0.0
    pace, phase = chance.uniform(0.1, 0.4), chance.uniform(0, 6)
    for n in range(BED_S * RATE):
        low = 0.95 * low + chance.gauss(0, 1)
        swell = 0.6 + 0.4 * math.sin(2 * math.pi * pace * n / RATE + phase)
        samples.append(300 * low * swell)
    return _packed(samples)


def _babble(words: Words, chance: random.Random) -> bytes:
    """Several people, or a television, in the room."""
    mixed = silence(BED_S)
    for language, text in words.babble:
        voice = chance.choice(words.voices[language])
        said = at_level(spoken(text, voice, chance.randrange(140, 190), 50), 1000)
        line = (said * (len(mixed) // len(said) + 1))[: len(mixed)]
        mixed = audioop.add(mixed, line, 2)
    return mixed


def _packed(samples: list[float]) -> bytes:
    clipped = (max(-32768, min(32767, round(value))) for value in samples)
    return struct.pack(f"={len(samples)}h", *clipped)
