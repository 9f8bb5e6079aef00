"""Answering-machine detection over 20 ms frames: who answered, and where the beep ends.

A person says a word or two and then listens; a machine talks on. The verdict comes from the
length of the first speech and the silence after it, or from a tone. Where that does not tell,
the verdict is NOT_SURE, which the dialer treats as a person. Speech is what stands out from the
line's own noise. The limits were tuned on generated greetings: `ringfence bench amd`.
"""

from __future__ import annotations

import audioop
import math
import struct
from bisect import insort
from dataclasses import dataclass
from functools import cache

import webrtcvad

from dialer.model.call_events import Machine
from dialer.telephony.wire.g711 import FRAME, RATE, ulaw_to_pcm

FRAME_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits in milliseconds, and the least loudness of speech (RMS of 16-bit samples)."""

    initial_silence_ms: int = 3500
    greeting_ms: int = 5400  # speech this long is a machine's
    pauses: tuple[tuple[int, int], ...] = ((1500, 800), (3000, 1100), (5400, 1500))
    """After a greeting of up to so long, silence that says: someone waits for us to speak. A
    machine draws breath between its sentences, and before its beep."""
    least_speech_ms: int = 120  # shorter is a click
    decide_ms: int = 8000
    least_rms: int = 150
    beep_least_ms: int = 140
    beep_most_ms: int = 3000
    tone_ms: int = 1000  # nobody whistles one note for so long: a fax, a line out of order
    listen_ms: int = 60_000  # for a beep


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who answered, why we think so, and after how many milliseconds.

    `confidence` is 1 for what only this verdict explains and 0.5 where it is as good as the other
    one: how far what was heard lies from the limit between them. `quiet_ms` is the silence since
    the greeting ended, 0 where none was heard.
    """

    machine: Machine
    why: str
    ms: int
    confidence: float
    quiet_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beep:
    """A tone of a voicemail has just ended."""

    hz: int
    length_ms: int
    ms: int


class Detector:
    """Feed it the far side's frames from the answer on; it gives one Verdict, then Beeps."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._vad = webrtcvad.Vad(2)
        self._ms = 0
        self._speech_from: int | None = None
        self._speech_till = 0
        self._spoken = 0
        self._verdict: Verdict | None = None
        self._tone = _ToneRun()
        self._loudness = _Loudness(self._settings.least_rms)
        self._pending: Beep | None = None

    def feed(self, frame: bytes) -> Verdict | Beep | None:
        """Take the next 20 ms of mu-law; give what has become clear by them."""
        if self._pending is not None:
            told, self._pending = self._pending, None
            return told
        self._ms += FRAME_MS
        if self._done:
            return None
        pcm = ulaw_to_pcm(frame)
        rms = audioop.rms(pcm, 2)
        hz = tone_of(pcm) if rms >= self._settings.least_rms else None
        beep = self._beep(hz)
        if self._verdict is not None:
            return beep
        if beep is not None:
            self._pending = beep
            return self._decide(Machine.MACHINE, f"beep of {beep.hz} Hz", 1.0)
        if self._tone.ms >= self._settings.tone_ms:
            return self._decide(Machine.MACHINE, f"tone of {self._tone.hz} Hz", 1.0)
        if self._loudness.stands_out(rms) and hz is None and self._vad.is_speech(pcm, RATE):
            self._speak()
        return self._judge()

    @property
    def _done(self) -> bool:
        human = self._verdict is not None and self._verdict.machine is Machine.HUMAN
        return human or self._ms > self._settings.listen_ms

    def _beep(self, hz: int | None) -> Beep | None:
        ended = self._tone.feed(hz)
        if ended is None:
            return None
        length = ended.frames * FRAME_MS
        if not self._settings.beep_least_ms <= length <= self._settings.beep_most_ms:
            return None
        return Beep(hz=ended.hz, length_ms=length, ms=self._ms)

    def _speak(self) -> None:
        if self._speech_from is None:
            self._speech_from = self._ms - FRAME_MS
        self._speech_till = self._ms
        self._spoken += FRAME_MS

    def _judge(self) -> Verdict | None:
        limits = self._settings
        if self._speech_from is None:
            if self._ms >= limits.initial_silence_ms:
                return self._decide(Machine.NOT_SURE, f"{self._ms} ms of silence", 0.5)
            return None
        length = self._speech_till - self._speech_from
        quiet = self._ms - self._speech_till
        ended = quiet >= next((wait for most, wait in limits.pauses if length <= most), 0)
        if ended and self._spoken < limits.least_speech_ms:
            self._speech_from, self._spoken = None, 0
            return None
        if length > limits.greeting_ms:
            why = f"greeting of {length} ms and more"
            return self._decide(Machine.MACHINE, why, (1 + self._spoken / length) / 2)
        if ended:
            why = f"greeting of {length} ms, then silence"
            return self._decide(Machine.HUMAN, why, 1 - length / limits.greeting_ms / 2)
        if self._ms >= limits.decide_ms:
            return self._decide(Machine.NOT_SURE, f"not clear after {self._ms} ms", 0.5)
        return None

    def _decide(self, machine: Machine, why: str, confidence: float) -> Verdict:
        quiet = self._ms - self._speech_till if self._speech_from is not None else 0
        self._verdict = Verdict(
            machine=machine,
            why=why,
            ms=self._ms,
            confidence=round(confidence, 2),
            quiet_ms=quiet,
        )
        return self._verdict


class _Loudness:
    """What is loud on this line: well above its noise, and not far below its loudest voice."""

    _LEARNT = 8  # frames; before that nothing is known of the noise
    _NOISE_SHARE = 0.3
    _ABOVE_NOISE = 2.6
    _OF_PEAK = 0.15
    _PEAK = 4  # the loudest few frames may be a click

    def __init__(self, least_rms: int) -> None:
        self._least = least_rms
        self._heard: list[int] = []  # in order of loudness

    def stands_out(self, rms: int) -> bool:
        """Whether a frame of this RMS may be a voice, by all frames so far and this one."""
        insort(self._heard, rms)
        count = len(self._heard)
        bar = float(self._least)
        if count >= self._PEAK:
            bar = max(bar, self._OF_PEAK * self._heard[-self._PEAK])
        if count >= self._LEARNT:
            bar = max(bar, self._ABOVE_NOISE * self._heard[int(count * self._NOISE_SHARE)])
        return rms >= bar


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tone:
    hz: int
    frames: int


class _ToneRun:
    """Consecutive frames of one and the same tone."""

    def __init__(self) -> None:
        self._hz = 0
        self._frames = 0
        self._miss = False

    @property
    def hz(self) -> int:
        return self._hz

    @property
    def ms(self) -> int:
        """How long it has lasted."""
        return self._frames * FRAME_MS

    def feed(self, hz: int | None) -> _Tone | None:
        """Give the tone that ended before this frame, if one did. One bad frame is forgiven."""
        if hz is not None and self._frames and abs(hz - self._hz) <= 2 * _GRID:
            self._frames += 1
            self._miss = False
            return None
        if hz is None and self._frames and not self._miss:
            self._miss = True
            return None
        ended = _Tone(hz=self._hz, frames=self._frames) if self._frames else None
        self._hz, self._frames, self._miss = hz or 0, 1 if hz is not None else 0, False
        return ended


_GRID = 25
_LOWEST, _HIGHEST = 350, 2600
_LEAST_SHARE = 0.8
_AMPLITUDE = 10_000


def tone_of(pcm: bytes) -> int | None:
    """The frequency in Hz of a frame that is one pure tone, or None.

    Zero crossings give the frequency; how much of the energy a sine of that frequency explains
    tells whether it is a tone.
    """
    guess = round(audioop.cross(pcm, 2) * RATE / FRAME / 2 / _GRID) * _GRID
    best, share = 0, 0.0
    for hz in (guess - _GRID, guess, guess + _GRID):
        if _LOWEST <= hz <= _HIGHEST:
            found = _share(pcm, hz)
            best, share = (hz, found) if found > share else (best, share)
    return best if share >= _LEAST_SHARE else None


def _share(pcm: bytes, hz: int) -> float:
    """The part of the frame's energy that a sine of `hz` explains."""
    total = audioop.rms(pcm, 2) ** 2
    sine, cosine = _references(hz)
    a, b = audioop.findfactor(pcm, sine), audioop.findfactor(pcm, cosine)
    return float((a * a + b * b) * _AMPLITUDE**2 / 2 / total) if total else 0.0


@cache
def _references(hz: int) -> tuple[bytes, bytes]:
    step = 2 * math.pi * hz / RATE
    waves = ([round(_AMPLITUDE * f(step * n)) for n in range(FRAME)] for f in (math.sin, math.cos))
    sine, cosine = (struct.pack(f"={FRAME}h", *wave) for wave in waves)
    return sine, cosine
