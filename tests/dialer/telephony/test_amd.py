"""Who answered: greetings made of real synthetic speech, tones and silence."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from dialer.bench.greetings.scenes import Label, generate
from dialer.bench.greetings.words import HELD_OUT, TUNING
from dialer.telephony.amd import Beep, Detector, Verdict, tone_of
from dialer.telephony.port import Machine
from dialer.telephony.wire import g711, wav

GREETING = (
    "Hello, you have reached the voicemail of Alex Example. I can not take your call right now. "
    "Please leave a message after the tone."
)


def noise(seconds: float, level: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    count = round(seconds * g711.RATE)
    samples = [round(chance.gauss(0, level)) for _ in range(count)]
    return g711.frames(g711.pcm_to_ulaw(struct.pack(f"={count}h", *samples)))


def judge(frames: list[bytes]) -> tuple[Verdict | None, list[Beep]]:
    detector = Detector()
    told = [found for frame in frames if (found := detector.feed(frame)) is not None]
    verdicts = [found for found in told if isinstance(found, Verdict)]
    assert len(verdicts) <= 1
    return next(iter(verdicts), None), [found for found in told if isinstance(found, Beep)]


def say(text: str, folder: Path, voice: str = "en-us", speed: int = 160) -> list[bytes]:
    program = shutil.which("espeak-ng")
    assert program is not None
    path = folder / "said.wav"
    subprocess.run([program, "-v", voice, "-s", str(speed), "-w", path, text], check=True)
    frames = wav.read_frames(path)
    loud = [n for n, frame in enumerate(frames) if frame != g711.SILENCE]
    return frames[loud[0] : loud[-1] + 1]


@pytest.mark.peer("espeak-ng")
@pytest.mark.parametrize("voice", ["en-us", "en-us+f3", "en-gb", "en-us+m7", "cmn"])
@pytest.mark.parametrize("before", [0.1, 0.8])
def test_a_short_hello_is_a_person(voice: str, before: float, tmp_path: Path) -> None:
    hello = say("喂，你好？" if voice == "cmn" else "Hello?", tmp_path, voice)
    verdict, _ = judge(g711.silence(before) + hello + g711.silence(2.0))
    assert verdict is not None
    assert verdict.machine is Machine.HUMAN, verdict
    assert verdict.ms <= 1000 * before + 20 * len(hello) + 1000


@pytest.mark.peer("espeak-ng")
@pytest.mark.parametrize("voice", ["en-us", "en-us+f3", "en-gb", "en-us+m7"])
def test_a_long_greeting_is_a_machine_and_its_beep_is_heard(voice: str, tmp_path: Path) -> None:
    greeting = say(GREETING, tmp_path, voice)
    frames = g711.silence(0.4) + greeting + g711.silence(0.6) + g711.tone(1000, 0.5)
    verdict, beeps = judge(frames + g711.silence(1.0))
    assert verdict is not None
    assert verdict.machine is Machine.MACHINE, verdict
    assert verdict.ms < 7000
    assert len(beeps) == 1
    assert abs(beeps[0].hz - 1000) <= 25
    assert abs(beeps[0].ms - 20 * len(frames)) <= 80


@pytest.mark.peer("espeak-ng")
def test_a_person_on_a_noisy_line_is_a_person(tmp_path: Path) -> None:
    hello = say("Hello?", tmp_path)
    frames = noise(0.5, 60) + hello + noise(2.0, 60)
    verdict, _ = judge(frames)
    assert verdict is not None
    assert verdict.machine is Machine.HUMAN, verdict


def test_silence_is_not_sure_and_never_a_machine() -> None:
    for quiet in (g711.silence(6.0), noise(6.0, 30)):
        verdict, beeps = judge(quiet)
        assert verdict is not None
        assert (verdict.machine, beeps) == (Machine.NOT_SURE, [])
        assert verdict.ms < 5000


@pytest.mark.parametrize("hz", [440, 620, 850, 1000, 1400, 2000])
@pytest.mark.parametrize("level", [0.03, 0.5])
def test_a_beep_alone_is_a_machine(hz: float, level: float) -> None:
    verdict, beeps = judge(g711.silence(0.5) + g711.tone(hz, 0.3, level=level) + noise(1.0, 10))
    assert verdict is not None
    assert verdict.machine is Machine.MACHINE
    assert abs(beeps[0].hz - hz) <= 25
    assert 260 <= beeps[0].length_ms <= 340


def test_noise_dual_tones_and_clicks_are_no_beep() -> None:
    dual = [
        g711.pcm_to_ulaw(
            b"".join(
                struct.pack("=h", a + b)
                for (a,), (b,) in zip(
                    struct.iter_unpack("=h", g711.ulaw_to_pcm(one)),
                    struct.iter_unpack("=h", g711.ulaw_to_pcm(two)),
                    strict=True,
                )
            )
        )
        for one, two in zip(g711.tone(440, 2.0), g711.tone(480, 2.0), strict=True)
    ]
    click = g711.tone(1000, 0.06)
    for frames in (noise(2.0, 3000), dual, g711.silence(0.2) + click + g711.silence(1.0)):
        assert judge(frames)[1] == []
    assert tone_of(g711.ulaw_to_pcm(g711.SILENCE)) is None


@pytest.fixture(scope="module")
def labelled() -> dict[Label, Counter[Machine]]:
    """What is told of greetings whose words and voices the limits were not tuned on."""
    told: dict[Label, Counter[Machine]] = {label: Counter() for label in Label}
    for greeting in generate(HELD_OUT, seed=5, share=0.5):
        verdict, _ = judge(greeting.frames)
        told[greeting.label][Machine.NOT_SURE if verdict is None else verdict.machine] += 1
        assert verdict is None or 0.5 <= verdict.confidence <= 1
    return told


@pytest.mark.peer("espeak-ng")
def test_persons_are_hardly_ever_taken_for_a_machine(
    labelled: dict[Label, Counter[Machine]],
) -> None:
    persons = labelled[Label.PERSON]
    assert persons.total() > 50
    assert persons[Machine.MACHINE] <= 0.03 * persons.total(), labelled


@pytest.mark.peer("espeak-ng")
def test_most_machines_are_known_and_an_empty_line_is_none(
    labelled: dict[Label, Counter[Machine]],
) -> None:
    machines, nobody = labelled[Label.MACHINE], labelled[Label.NOBODY]
    assert machines[Machine.MACHINE] >= 0.85 * machines.total(), labelled
    assert nobody[Machine.MACHINE] == 0, labelled


@pytest.mark.peer("espeak-ng")
def test_one_seed_makes_the_same_greetings() -> None:
    one, two = (generate(TUNING, seed=3, share=0.02) for _ in range(2))
    assert one == two
    assert one != generate(TUNING, seed=4, share=0.02)
