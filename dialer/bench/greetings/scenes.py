"""Labelled greetings as a line brings them: the far side's frames from the answer on."""

from __future__ import annotations

import audioop
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialer.bench.greetings import speech
from dialer.bench.greetings.words import Lines, Words
from dialer.telephony.wire import g711

AFTER_S = 6.0
"""Seconds of the line after the last word."""

_SPECIAL_INFORMATION = (950.0, 1400.0, 1800.0)  # ITU-T E.180: 330 ms each
_LOST_SHARE = 0.01


class Label(StrEnum):
    PERSON = "person"
    MACHINE = "machine"
    NOBODY = "nobody"  # nothing to tell by: silence, or the noise of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What was generated, and as what: `kind` is its row of the recipe."""

    label: Label
    kind: str
    frames: list[bytes]


def generate(words: Words, seed: int, *, share: float = 1.0) -> list[Greeting]:
    """The whole set for `share` 1, less below it; the same every time with one seed."""
    chance = random.Random(seed)
    studio = _Studio(words, chance)
    return [
        Greeting(label=label, kind=kind, frames=studio.line(make, noisy=noisy))
        for (label, kind), (count, noisy, make) in _RECIPE.items()
        for _ in range(max(1, round(count * share)))
    ]


class _Studio:
    """Makes one call's sound after the other, each from chance."""

    def __init__(self, words: Words, chance: random.Random) -> None:
        self.words = words
        self.chance = chance
        self._beds = {kind: speech.background(kind, words, chance) for kind in speech.BACKGROUNDS}

    def line(self, make: Callable[[_Studio], bytes], *, noisy: bool) -> list[bytes]:
        """The sound over a line: at some loudness, with a background, with lost packets."""
        chance = self.chance
        loudness = 10 ** chance.uniform(2.7, 3.6)
        sound = make(self) + speech.silence(AFTER_S)
        sound = audioop.mul(sound, 2, loudness / 1000)
        distance_db = chance.uniform(8, 20) if noisy else chance.uniform(30, 50)
        sound = audioop.add(sound, self._bed(len(sound), loudness / 10 ** (distance_db / 20)), 2)
        lost = _LOST_SHARE if chance.random() < 0.2 else 0.0
        return [
            g711.SILENCE if chance.random() < lost else frame
            for frame in g711.frames(g711.pcm_to_ulaw(sound))
        ]

    def _bed(self, size: int, rms: float) -> bytes:
        bed = self._beds[self.chance.choice(speech.BACKGROUNDS)]
        start = 2 * self.chance.randrange(len(bed) // 2)
        turned = bed[start:] + bed[:start]
        return speech.at_level((turned * (size // len(turned) + 1))[:size], rms)

    def say(self, language: str, *sentences: str, pause: tuple[float, float] = (0.0, 0.0)) -> bytes:
        """Sentences in one voice, with pauses between them in seconds."""
        chance = self.chance
        voice = chance.choice(self.words.voices[language])
        speed, pitch = chance.randrange(130, 200), chance.randrange(30, 70)
        parts = [speech.spoken(text, voice, speed, pitch) for text in sentences]
        said = parts[0]
        for part in parts[1:]:
            said += speech.silence(chance.uniform(*pause)) + part
        return speech.at_level(said, 1000)

    def one_of(self, lines: Lines) -> bytes:
        return self.say(*self.chance.choice(lines))

    def wait(self, least: float, most: float) -> bytes:
        return speech.silence(self.chance.uniform(least, most))

    def beep(self) -> bytes:
        hz = self.chance.choice([425, 440, 700, 850, 1000, 1400])
        return speech.tone(hz, self.chance.uniform(0.25, 0.9), 2000)


def _hello(studio: _Studio) -> bytes:
    return studio.wait(0.05, 1.0) + studio.one_of(studio.words.hello)


def _late_hello(studio: _Studio) -> bytes:
    return studio.wait(1.5, 3.0) + studio.one_of(studio.words.hello)


def _named(studio: _Studio) -> bytes:
    return studio.wait(0.1, 0.8) + studio.one_of(studio.words.named)


def _office(studio: _Studio) -> bytes:
    return studio.wait(0.1, 0.6) + studio.one_of(studio.words.office)


def _twice(studio: _Studio) -> bytes:
    language, text = studio.chance.choice(studio.words.hello)
    return studio.wait(0.1, 0.5) + studio.say(language, text, text, pause=(0.4, 1.4))


def _picked_up(studio: _Studio) -> bytes:
    """The handset clicks, then somebody speaks."""
    click = speech.at_level(speech.tone(studio.chance.uniform(200, 900), 0.03, 3000), 1500)
    return studio.wait(0.0, 0.2) + click + _hello(studio)


def _voicemail(studio: _Studio) -> bytes:
    language, sentences = studio.chance.choice(studio.words.voicemail)
    said = studio.say(language, *sentences, pause=(0.25, 1.0))
    return studio.wait(0.2, 1.2) + said + studio.wait(0.3, 1.5) + studio.beep()


def _short_voicemail(studio: _Studio) -> bytes:
    said = studio.one_of(studio.words.short_voicemail)
    return studio.wait(0.2, 1.0) + said + studio.wait(0.1, 0.6) + studio.beep()


def _network(studio: _Studio) -> bytes:
    said = studio.one_of(studio.words.network)
    return studio.wait(0.2, 1.0) + said + studio.wait(0.5, 0.7) + said


def _network_with_tones(studio: _Studio) -> bytes:
    tones = b"".join(speech.tone(hz, 0.33, 2000) for hz in _SPECIAL_INFORMATION)
    return studio.wait(0.1, 0.5) + tones + _network(studio)


def _beep_alone(studio: _Studio) -> bytes:
    return studio.wait(0.3, 2.0) + studio.beep()


def _fax(studio: _Studio) -> bytes:
    return studio.wait(0.5, 1.5) + speech.tone(2100, 2.9, 2000)


def _nothing(studio: _Studio) -> bytes:
    return studio.wait(3.0, 5.0)


_RECIPE: Mapping[tuple[Label, str], tuple[int, bool, Callable[[_Studio], bytes]]] = {
    (Label.PERSON, "hello"): (50, False, _hello),
    (Label.PERSON, "hello in noise"): (36, True, _hello),
    (Label.PERSON, "name or question"): (24, False, _named),
    (Label.PERSON, "name or question in noise"): (16, True, _named),
    (Label.PERSON, "hello twice"): (12, False, _twice),
    (Label.PERSON, "click, then hello"): (10, False, _picked_up),
    (Label.PERSON, "hello after 1.5 to 3 s"): (8, False, _late_hello),
    (Label.PERSON, "business greeting"): (8, False, _office),
    (Label.MACHINE, "voicemail"): (50, False, _voicemail),
    (Label.MACHINE, "voicemail in noise"): (20, True, _voicemail),
    (Label.MACHINE, "short voicemail"): (14, False, _short_voicemail),
    (Label.MACHINE, "network announcement"): (20, False, _network),
    (Label.MACHINE, "network announcement with tones"): (8, False, _network_with_tones),
    (Label.MACHINE, "beep alone"): (6, False, _beep_alone),
    (Label.MACHINE, "fax"): (4, False, _fax),
    (Label.NOBODY, "quiet line"): (8, False, _nothing),
    (Label.NOBODY, "noisy line"): (8, True, _nothing),
}
"""How many of each, whether the line is noisy, and what is on it."""


def kinds() -> Iterator[tuple[Label, str]]:
    """The rows of the recipe, in its order."""
    yield from _RECIPE
