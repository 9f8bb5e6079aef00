"""Who hears whom: agent and consumer, hold, mute, keys, a supervisor, and a phone that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from math import cos, pi
from pathlib import Path

import pytest

from dialer.telephony.drivers.sip import agent
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.port import (
    AgentLegSpec,
    Answered,
    Bridged,
    Dtmf,
    Ended,
    NotConnected,
    RecordingFinished,
    Supervision,
    Unbridged,
)
from dialer.telephony.wire import dtmf, g711, rtp, sdp, wav
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.sipp import Desk, desk, until

CONSUMER, AGENT, SUPERVISOR, MUSIC = 600, 900, 1300, 1700


@dataclass
class Mouth:
    """One far side that says a steady tone, and what it hears."""

    far: FarSide
    hz: int

    async def speak(self) -> None:
        media = self.far.media
        assert media is not None
        here = sdp.parse((await self.far.got("INVITE")).body)
        sound = g711.tone(self.hz, 1.0)
        began, clock = SystemClock().monotonic(), SystemClock()
        for n in count():
            media.send(media.stream.packet(rtp.PCMU, sound[n % len(sound)]), here)
            await clock.sleep(max(0.0, began + 0.02 * (n + 1) - clock.monotonic()))

    async def until_it_hears(self, *tones: int) -> None:
        """Wait until half a second holds these tones together and no other.

        Here and there a frame comes too late on a busy machine, and is silence.
        """

        def so() -> bool:
            assert self.far.media is not None
            audio = [p.payload for p in self.far.media.heard[-25:] if p.payload_type == rtp.PCMU]
            found = [set(loud(frame)) for frame in audio]
            only = all(each <= set(tones) for each in found)
            return len(found) >= 20 and only and found.count(set(tones)) >= len(found) // 2

        await until(so)


def loud(frame: bytes) -> list[int]:
    """Which of the known tones are in the frame."""
    pcm = g711.ulaw_to_pcm(frame)
    samples = [int.from_bytes(pcm[i : i + 2], "little", signed=True) for i in range(0, len(pcm), 2)]
    return [hz for hz in (CONSUMER, AGENT, SUPERVISOR, MUSIC) if _power(samples, hz) > 1e5]


def _power(samples: Sequence[int], hz: int) -> float:
    """Goertzel's measure of one frequency."""
    factor = 2 * cos(2 * pi * hz / g711.RATE)
    one = two = 0.0
    for sample in samples:
        one, two = sample + factor * one - two, one
    return (one * one + two * two - factor * one * two) / len(samples) ** 2


@dataclass
class Scene:
    near: Desk
    consumer: Mouth
    agent: Mouth
    supervisor: Mouth


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """A consumer `call-1`, an agent `leg-1` and a supervisor `leg-2`, all up and speaking."""
    async with far_side(answers) as far, far_side(answers) as one, far_side(answers) as two:
        phones = [
            Phone(name="agent", password="", address=f"127.0.0.1:{one.port}"),
            Phone(name="supervisor", password="", address=f"127.0.0.1:{two.port}"),
        ]
        async with desk(far.port, phones=phones) as near:
            made = Scene(near, Mouth(far, CONSUMER), Mouth(one, AGENT), Mouth(two, SUPERVISOR))
            await near.engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
            await near.engine.connect_agent(AgentLegSpec(leg_id="leg-2", phone="supervisor"))
            await near.call()
            for leg in ("call-1", "leg-1", "leg-2"):
                await near.wait(Answered, leg)
            async with asyncio.TaskGroup() as speaking:
                tasks = [
                    speaking.create_task(mouth.speak())
                    for mouth in (made.consumer, made.agent, made.supervisor)
                ]
                yield made
                for leg in ("call-1", "leg-1", "leg-2"):
                    await near.engine.hangup(leg)
                    await near.wait(Ended, leg)
                for task in tasks:
                    task.cancel()


async def test_each_hears_the_other_and_both_are_recorded(tmp_path: Path) -> None:
    async with scene() as s:
        await s.consumer.until_it_hears()
        await s.near.engine.record("call-1", str(tmp_path / "call.wav"))
        await s.near.engine.bridge("call-1", "leg-1")
        await s.consumer.until_it_hears(AGENT)
        await s.agent.until_it_hears(CONSUMER)
        await s.near.engine.hangup("call-1")
        recorded = await s.near.wait(RecordingFinished)
        await s.agent.until_it_hears()
    left, right = wav.read(recorded.path)
    assert [AGENT] in [loud(frame) for frame in g711.frames(left)]
    assert [CONSUMER] in [loud(frame) for frame in g711.frames(right)]


async def test_hold_plays_music_and_mute_keeps_the_agents_voice() -> None:
    async with scene() as s:
        engine = s.near.engine
        await engine.bridge("call-1", "leg-1")
        await engine.mute("call-1", True)
        await s.consumer.until_it_hears()
        await s.agent.until_it_hears(CONSUMER)
        await engine.mute("call-1", False)
        await s.consumer.until_it_hears(AGENT)
        await engine.hold("call-1", g711.tone(MUSIC, 0.2))
        await s.consumer.until_it_hears(MUSIC)
        await s.agent.until_it_hears()
        await engine.resume("call-1")
        await s.consumer.until_it_hears(AGENT)
        await s.agent.until_it_hears(CONSUMER)
        await engine.unbridge("call-1")
        await s.consumer.until_it_hears()
        assert len(s.near.seen(Unbridged)) == 1


async def test_a_supervisor_listens_whispers_and_barges_in() -> None:
    async with scene() as s:
        engine = s.near.engine
        await engine.bridge("call-1", "leg-1")
        await engine.supervise("leg-2", "call-1", Supervision.LISTEN)
        await s.supervisor.until_it_hears(CONSUMER, AGENT)
        await s.agent.until_it_hears(CONSUMER)
        await s.consumer.until_it_hears(AGENT)
        await engine.supervise("leg-2", "call-1", Supervision.WHISPER)
        await s.agent.until_it_hears(CONSUMER, SUPERVISOR)
        await s.consumer.until_it_hears(AGENT)
        await engine.supervise("leg-2", "call-1", Supervision.BARGE)
        await s.consumer.until_it_hears(AGENT, SUPERVISOR)
        for wrong in ("leg-1", "call-1"):
            with pytest.raises(NotConnected):
                await engine.supervise(wrong, "call-1", Supervision.BARGE)
        await engine.unbridge("leg-2")
        await s.consumer.until_it_hears(AGENT)
        await s.supervisor.until_it_hears()
        assert s.near.seen(Unbridged) == []


async def test_keys_go_through_both_ways_and_from_us() -> None:
    async with scene() as s:
        engine = s.near.engine
        await engine.bridge("call-1", "leg-1")
        await press(s.consumer.far, "42")
        await until(lambda: keys(s.agent.far) == "42")
        assert "".join(event.digit for event in s.near.seen(Dtmf)) == "42"
        await press(s.agent.far, "#")
        await until(lambda: keys(s.consumer.far) == "#")
        await engine.send_dtmf("call-1", "0055")
        await until(lambda: keys(s.consumer.far) == "#0055")
        with pytest.raises(ValueError, match="no key"):
            await engine.send_dtmf("call-1", "x")
        assert keys(s.agent.far) == "42"


async def press(far: FarSide, digits: str) -> None:
    """Press keys while the audio goes on."""
    assert far.media is not None
    here = sdp.parse((await far.got("INVITE")).body)
    for digit in digits:
        for packet in dtmf.press(far.media.stream, digit, payload_type=97):
            far.media.send(packet, here)


def keys(far: FarSide) -> str:
    assert far.media is not None
    reader = dtmf.Reader()
    found = [reader.feed(p) for p in far.media.heard if p.payload_type == 97]
    return "".join(digit for digit in found if digit)


async def test_the_agents_voice_reaches_the_consumer_within_50_ms_of_the_answer() -> None:
    clock, times = SystemClock(), []
    async with far_side(answers) as far, far_side(answers) as one:
        phone = Phone(name="agent", password="", address=f"127.0.0.1:{one.port}")
        async with desk(far.port, phones=[phone]) as near:
            await near.engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
            await near.wait(Answered, "leg-1")
            for n in range(10):
                call_id = f"call-{n}"
                await near.call(call_id)
                while not near.seen(Answered, call_id):
                    await clock.sleep(0.001)
                await near.engine.bridge(call_id, "leg-1")
                bridged = await near.wait(Bridged, call_id)
                times.append(bridged.at - near.seen(Answered, call_id)[0].at)
                await near.engine.hangup(call_id)
                await near.wait(Ended, call_id)
            await near.engine.hangup("leg-1")
            await near.wait(Ended, "leg-1")
    assert sorted(times)[-2] < 0.05


async def test_a_phone_that_goes_silent_is_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "LONGEST_QUIET", 0.5)
    async with far_side(answers) as far, far_side(answers) as one:
        phone = Phone(name="agent", password="", address=f"127.0.0.1:{one.port}")
        async with desk(far.port, phones=[phone]) as near:
            await near.engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
            await near.wait(Answered, "leg-1")
            await near.call()
            await near.wait(Answered)
            await near.engine.bridge("call-1", "leg-1")
            ended = await near.wait(Ended, "leg-1")
            assert ended.hung_up_by == "network"
            assert near.seen(Unbridged)
            await one.got("BYE")
            await near.engine.hangup("call-1")
            await near.wait(Ended)
