"""What one side of an answered call sends, 20 ms by 20 ms, as a pure sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from dialer.telephony.wire.g711 import SILENCE
from dialer.town import voices
from dialer.town.habits import CallHabit, CallManner

FRAMES_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Key:
    """A key press at this moment of the sequence."""

    digit: str


Sound = bytes | Key


def sounds(manner: CallManner, language: str) -> Iterator[Sound]:
    """Without end: mu-law frames, one for each 20 ms from the answer on, and key presses."""
    wait = [SILENCE] * _frames(manner.speaks_after_s)
    if manner.habit is CallHabit.MACHINE:
        spoken = [*wait, *voices.greeting(language, manner.voice), *wait, *voices.BEEP]
        return chain(spoken, repeat(SILENCE))
    spoken = [*wait, *voices.hello(language, manner.voice)]
    if manner.habit is not CallHabit.PRESSES_KEY:
        return chain(spoken, repeat(SILENCE))
    until_key = [SILENCE] * max(0, _frames(manner.key_after_s) - len(spoken))
    return chain(spoken, until_key, [Key(manner.key)], repeat(SILENCE))


def _frames(seconds: float) -> int:
    return round(seconds * FRAMES_PER_SECOND)
