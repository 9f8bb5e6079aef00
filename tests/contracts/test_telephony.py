"""What every telephony engine promises, on every driver that is here."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from compliance.permit import NotCovered
from dialer.telephony.amd import tone_of
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.port import (
    AgentLegSpec,
    Answered,
    Bridged,
    CallEvent,
    CallOutcome,
    CallSpec,
    Ended,
    EngineRefused,
    NotConnected,
    PlayFinished,
    RecordingFinished,
    TelephonyEngine,
    Unbridged,
    UnknownCall,
)
from dialer.telephony.wire import g711, wav
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, Script, answers, far_side
from tests.dialer.telephony.permits import permit_for
from tests.dialer.telephony.sipp import desk

NUMBER = "+12125550123"
E_ = TypeVar("E_", bound=CallEvent)
PHONE = "agent-1"
SECRET = 1000  # Hz
Opener = Callable[..., AbstractAsyncContextManager[TelephonyEngine]]


@asynccontextmanager
async def embedded(trunk: int, phone: int = 9) -> AsyncIterator[TelephonyEngine]:
    agent = Phone(name=PHONE, password="", address=f"127.0.0.1:{phone}")
    async with desk(trunk, phones=[agent], reading=False) as near:
        yield near.engine


@pytest.fixture(params=[embedded], ids=["sip"])
def opened(request: pytest.FixtureRequest) -> Opener:
    """Opens an engine with a trunk at a port, and with the phone of an agent at another."""
    opener: Opener = request.param
    return opener


def spec(call_id: str, ring: float = 5.0) -> CallSpec:
    return CallSpec(call_id=call_id, number=NUMBER, caller_id="+12125550100", ring_timeout_s=ring)


async def place(engine: TelephonyEngine, call_id: str, ring: float = 5.0) -> None:
    await engine.originate(permit_for(NUMBER, SystemClock().now()), spec(call_id, ring))


async def events_until_end(engine: TelephonyEngine, calls: int = 1) -> list[CallEvent]:
    told: list[CallEvent] = []
    async with asyncio.timeout(15):
        async for event in engine.events():
            told.append(event)
            if sum(isinstance(e, Ended) for e in told) == calls:
                break
    return told


def refuses(status: int) -> Script:
    def script(far: FarSide, request: object) -> None:
        invite = far.requests("INVITE")[-1]
        if request is invite:
            far.answer(invite, status)

    return script


async def test_an_answered_call_tells_its_story_in_order(opened: Opener, tmp_path: Path) -> None:
    async with far_side(answers) as far, opened(far.port) as engine:
        await place(engine, "one")
        told: list[CallEvent] = []
        async with asyncio.timeout(15):
            async for event in engine.events():
                told.append(event)
                if isinstance(event, Answered):
                    await engine.record("one", str(tmp_path / "one.wav"))
                    await engine.play("one", g711.tone(440, 0.3), name="hello")
                elif isinstance(event, PlayFinished):
                    await engine.hangup("one")
                    await engine.hangup("one")
                elif isinstance(event, Ended):
                    break
        assert (await engine.health()).live_calls == 0
    kinds = [type(event).__name__ for event in told]
    assert kinds[0] == "Trying"
    assert kinds[-3:] == ["PlayFinished", "RecordingFinished", "Ended"]
    assert kinds.count("Answered") == kinds.count("Ended") == 1
    assert [event.seq for event in told] == sorted({event.seq for event in told})
    assert all(a.at <= b.at for a, b in itertools.pairwise(told))
    recorded = next(e for e in told if isinstance(e, RecordingFinished))
    assert Path(recorded.path).stat().st_size == recorded.bytes


async def test_what_is_said_in_a_pause_is_not_in_the_recording(
    opened: Opener, tmp_path: Path
) -> None:
    async with far_side(answers) as far, opened(far.port) as engine:
        story = Story(engine)
        await place(engine, "one")
        await story.wait(Answered, "one")
        with pytest.raises(ValueError, match="not being recorded"):
            await engine.pause_recording("one", True)
        await engine.record("one", str(tmp_path / "one.wav"))
        for name, paused in (("before", False), ("card", True), ("after", False)):
            await engine.pause_recording("one", paused)
            await engine.play("one", g711.tone(SECRET if paused else 800, 0.4), name=name)
            await story.wait(PlayFinished, "one", media=name)
        await engine.hangup("one")
        recorded = await story.wait(RecordingFinished, "one")
        await story.wait(Ended, "one")
    left, _ = wav.read(recorded.path)
    tones = [tone_of(g711.ulaw_to_pcm(frame)) for frame in g711.frames(left)]
    assert SECRET not in tones
    assert tones.count(800) >= 36
    assert recorded.duration_s >= 1.15


@pytest.mark.parametrize(
    ("status", "outcome"), [(486, CallOutcome.BUSY), (404, CallOutcome.BAD_NUMBER)]
)
async def test_a_refused_call_ends_once(opened: Opener, status: int, outcome: CallOutcome) -> None:
    async with far_side(refuses(status)) as far, opened(far.port) as engine:
        await place(engine, "one")
        ended = (await events_until_end(engine))[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.sip_code, ended.ringing_seen) == (outcome, status, False)


async def test_an_interrupted_message_says_so(opened: Opener) -> None:
    async with far_side(answers) as far, opened(far.port) as engine:
        await place(engine, "one")
        completed = []
        async with asyncio.timeout(15):
            async for event in engine.events():
                if isinstance(event, Answered):
                    await engine.play("one", g711.tone(440, 9.0), name="long")
                    await engine.stop_play("one")
                elif isinstance(event, PlayFinished):
                    completed.append((event.media, event.completed))
                    await engine.hangup("one")
                elif isinstance(event, Ended):
                    break
    assert completed == [("long", False)]


async def test_without_a_fitting_permit_nothing_is_sent(opened: Opener) -> None:
    async with far_side(answers) as far, opened(far.port) as engine:
        old = SystemClock().now() - timedelta(hours=2)
        with pytest.raises(NotCovered):
            await engine.originate(permit_for(NUMBER, old), spec("late"))
        with pytest.raises(NotCovered):
            other = permit_for("+12125550199", SystemClock().now())
            await engine.originate(other, spec("other"))
        assert (await engine.health()).live_calls == 0
        assert far.received == []


async def test_one_id_is_one_call(opened: Opener) -> None:
    async with far_side(refuses(486)) as far, opened(far.port) as engine:
        await place(engine, "one")
        await place(engine, "one")
        await events_until_end(engine)
        await place(engine, "one")
        assert len(far.requests("INVITE")) == 1


async def test_drain_ends_calls_and_refuses_new_ones(opened: Opener) -> None:
    async with far_side(answers) as far, opened(far.port) as engine:
        for call_id in ("one", "two"):
            await place(engine, call_id)
        async with asyncio.timeout(3):
            await engine.drain(1.0)
        told = await events_until_end(engine, calls=2)
        assert {e.call_id for e in told if isinstance(e, Ended)} == {"one", "two"}
        with pytest.raises(EngineRefused):
            await place(engine, "three")
        health = await engine.health()
        assert (health.ready, health.live_calls) == (False, 0)


class Story:
    """Reads an engine's events and lets a test wait for one of a leg."""

    def __init__(self, engine: TelephonyEngine) -> None:
        self.told: list[CallEvent] = []
        self._engine = engine
        self._events = engine.events()

    async def wait(self, kind: type[E_], leg_id: str, *, media: str | None = None) -> E_:
        async with asyncio.timeout(15):
            while True:
                for event in self.told:
                    named = media is None or getattr(event, "media", None) == media
                    if isinstance(event, kind) and event.call_id == leg_id and named:
                        return event
                self.told.append(await anext(self._events))


async def joined(engine: TelephonyEngine) -> Story:
    """A consumer `one` and an agent `two`, both up and bridged."""
    story = Story(engine)
    await engine.connect_agent(AgentLegSpec(leg_id="two", phone=PHONE))
    await story.wait(Answered, "two")
    await place(engine, "one")
    await story.wait(Answered, "one")
    await engine.bridge("one", "two")
    return story


async def test_a_bridge_is_told_to_both_and_the_agents_leg_outlives_the_call(
    opened: Opener,
) -> None:
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(far.port, phone.port) as engine,
    ):
        story = await joined(engine)
        answered = await story.wait(Answered, "one")
        bridged = await story.wait(Bridged, "one")
        assert bridged.peer == "two"
        assert bridged.at - answered.at < 0.05
        assert (await story.wait(Bridged, "two")).peer == "one"
        await engine.bridge("one", "two")  # once more changes nothing
        await engine.hangup("one")
        assert (await story.wait(Ended, "one")).outcome is CallOutcome.ANSWERED
        assert (await story.wait(Unbridged, "two")).peer == "one"
        assert not any(isinstance(e, Ended) and e.call_id == "two" for e in story.told)
        await place(engine, "three")
        await story.wait(Answered, "three")
        await engine.bridge("three", "two")
        await engine.unbridge("three")
        await story.wait(Unbridged, "three")
        for leg in ("two", "three"):
            await engine.hangup(leg)
            await story.wait(Ended, leg)
    assert sum(isinstance(e, Bridged) for e in story.told) == 4


async def test_a_lost_agent_leaves_the_consumer_on_the_line(opened: Opener) -> None:
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(far.port, phone.port) as engine,
    ):
        story = await joined(engine)
        phone.ask(phone.requests("INVITE")[0], "BYE", 7)
        assert (await story.wait(Unbridged, "one")).peer == "two"
        await engine.play("one", g711.tone(440, 0.1), name="apology")
        assert (await story.wait(PlayFinished, "one")).completed
        await engine.hangup("one")
        await story.wait(Ended, "one")
        await story.wait(Ended, "two")


async def test_what_is_not_up_or_not_free_is_not_joined(opened: Opener) -> None:
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(far.port, phone.port) as engine,
    ):
        with pytest.raises(EngineRefused):
            await engine.connect_agent(AgentLegSpec(leg_id="nobody", phone="no such phone"))
        story = await joined(engine)
        await place(engine, "three")
        await story.wait(Answered, "three")
        with pytest.raises(NotConnected):
            await engine.bridge("three", "two")
        with pytest.raises(NotConnected):
            await engine.hold("three", g711.tone(440, 0.1))
        with pytest.raises(UnknownCall):
            await engine.bridge("never", "two")
        for leg in ("one", "two", "three"):
            await engine.hangup(leg)
            await story.wait(Ended, leg)
        with pytest.raises(NotConnected):
            await engine.bridge("one", "two")
