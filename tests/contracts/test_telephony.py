"""What every telephony engine promises, on every driver that is here."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from compliance.permit import NotCovered
from dialer.telephony.port import (
    Answered,
    CallEvent,
    CallOutcome,
    CallSpec,
    Ended,
    EngineRefused,
    PlayFinished,
    RecordingFinished,
    TelephonyEngine,
)
from dialer.telephony.wire import g711
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, Script, answers, far_side
from tests.dialer.telephony.permits import permit_for
from tests.dialer.telephony.sipp import desk

NUMBER = "+12125550123"
Opener = Callable[[int], AbstractAsyncContextManager[TelephonyEngine]]


@asynccontextmanager
async def embedded(port: int) -> AsyncIterator[TelephonyEngine]:
    async with desk(port, reading=False) as near:
        yield near.engine


@pytest.fixture(params=[embedded], ids=["sip"])
def opened(request: pytest.FixtureRequest) -> Opener:
    """Opens an engine whose trunk is the SIP far side at a port."""
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
