"""What the consumers and their machines say: mu-law frames of 20 ms, spoken by espeak-ng."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dialer.telephony.wire import g711, wav

_HELLOS = {"en": ("hello_en_1", "hello_en_2", "hello_en_3"), "zh": ("hello_zh_1", "hello_zh_2")}
_GREETINGS = {"en": ("greeting_en_1", "greeting_en_2"), "zh": ("greeting_zh_1",)}

BEEP = tuple(g711.tone(1000, 0.4))


def hello(language: str, voice: int) -> tuple[bytes, ...]:
    """A person's first words, about a second; `voice` picks one of those in the language."""
    return _pick(_HELLOS[language], voice)


def greeting(language: str, voice: int) -> tuple[bytes, ...]:
    """An answering machine's greeting, four to six seconds, without the beep."""
    return _pick(_GREETINGS[language], voice)


def _pick(names: tuple[str, ...], voice: int) -> tuple[bytes, ...]:
    return _frames(names[voice % len(names)])


@cache
def _frames(name: str) -> tuple[bytes, ...]:
    return tuple(wav.read_frames(Path(__file__).with_name(f"{name}.wav")))
