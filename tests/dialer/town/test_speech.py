"""What the consumers say can be told apart by the detection of the other side."""

from __future__ import annotations

from itertools import islice

from dialer.model.call_events import Machine
from dialer.telephony.amd import Beep, Detector, Verdict
from dialer.town.habits import CallHabit
from dialer.town.population import Phone, make_population
from dialer.town.speech import Key, sounds

TEN_SECONDS = 500


def told(phone: Phone, language: str) -> list[Verdict | Beep]:
    detector = Detector()
    frames = [s for s in islice(sounds(phone.call, language), TEN_SECONDS) if isinstance(s, bytes)]
    assert {len(frame) for frame in frames} == {160}
    return [found for frame in frames if (found := detector.feed(frame))]


def test_every_machine_is_known_as_one_and_nobody_else_is() -> None:
    voices = set()
    for consumer in make_population(9, 200).consumers:
        for phone in consumer.phones:
            machine = phone.call.habit is CallHabit.MACHINE
            key = (consumer.language, phone.call.voice % 6, machine)
            if key in voices:
                continue
            voices.add(key)
            verdict, *beeps = told(phone, consumer.language)
            assert isinstance(verdict, Verdict)
            assert verdict.machine is (Machine.MACHINE if machine else Machine.HUMAN), phone
            assert len(beeps) == machine
    assert len(voices) > 12


def test_a_key_comes_at_its_time() -> None:
    consumer, phone = next(
        (c, p)
        for c in make_population(9, 80).consumers
        for p in c.phones
        if p.call.habit is CallHabit.PRESSES_KEY
    )
    heard = list(islice(sounds(phone.call, consumer.language), TEN_SECONDS))
    assert heard.index(Key(phone.call.key)) == round(phone.call.key_after_s * 50)
