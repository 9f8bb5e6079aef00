"""Calls with agents and calls that come in, over the real engine: who hears what, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialer.engine.call import CallReport, Calls, open_calls
from dialer.engine.prompts import Prompts
from dialer.model.attempt import CallPlan, outcome
from dialer.model.call_events import Answered, CallEvent, Ended
from dialer.telephony.drivers.sip.engine import SipEngine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.port import AgentLegSpec, CallSpec
from dialer.telephony.wire import g711, rtp
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.permits import permit_for
from tests.dialer.telephony.sipp import NUMBER, desk, until

TONES = {"live": 500, "safe_harbour": 700, "apology": 900, "inbound": 1100}
PROMPTS = Prompts({"en": {name: g711.tone(hz, 0.4) for name, hz in TONES.items()}})
PLAN = CallPlan(
    live_message="live",
    voicemail=None,
    record=False,
    recording_notice=None,
    detect_machine=False,
    agent=True,
    abandonment="safe_harbour",
    apology="apology",
)


class Agents:
    """A floor with the agents that a test puts there."""

    def __init__(self, *legs: str) -> None:
        self.ready: asyncio.Queue[str] = asyncio.Queue()
        self.released: list[str] = []
        self.events: list[CallEvent] = []
        for leg in legs:
            self.ready.put_nowait(leg)

    async def find(self, call_id: str) -> str:
        return await self.ready.get()

    def missed(self, leg_id: str) -> None:
        pass

    def kept(self, call_id: str) -> None:
        pass

    def release(self, leg_id: str) -> None:
        self.released.append(leg_id)

    def told(self, event: CallEvent) -> None:
        self.events.append(event)


@asynccontextmanager
async def opened(
    folder: Path, trunk: int, phone: int, agents: Agents
) -> AsyncIterator[tuple[Calls, SipEngine]]:
    known = Phone(name="agent", password="", address=f"127.0.0.1:{phone}")
    async with (
        desk(trunk, phones=[known], reading=False) as near,
        open_calls(near.engine, PROMPTS, folder, SystemClock(), agents=agents) as calls,
    ):
        yield calls, near.engine
        await near.engine.drain(2.0)


async def connect(engine: SipEngine, agents: Agents) -> None:
    await engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
    await until(lambda: any(isinstance(event, Answered) for event in agents.events))


def place(calls: Calls) -> asyncio.Task[CallReport]:
    spec = CallSpec(call_id="call-1", number=NUMBER, caller_id="+12125550100", ring_timeout_s=5.0)
    permit = permit_for(NUMBER, SystemClock().now())
    return asyncio.create_task(calls.place(permit, spec, PLAN, language="en"))


def heard(far: FarSide, name: str) -> int:
    """So many frames of a prompt came to the far side."""
    assert far.media is not None
    frames = set(PROMPTS.frames("en", name))
    return sum(p.payload_type == rtp.PCMU and p.payload in frames for p in far.media.heard)


async def test_a_person_talks_with_an_agent_who_is_free_again_afterwards(tmp_path: Path) -> None:
    agents = Agents("leg-1")
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(tmp_path, far.port, phone.port, agents) as (calls, engine),
    ):
        await connect(engine, agents)
        talk = place(calls)
        await until(lambda: [e for e in agents.events if type(e).__name__ == "Bridged"])
        assert agents.released == []
        far.ask(far.requests("INVITE")[0], "BYE", 3)
        report = await talk
        assert agents.released == ["leg-1"]
    assert outcome(report.call) == "conversation"
    assert heard(far, "safe_harbour") == heard(far, "live") == 0


async def test_without_an_agent_within_two_seconds_the_person_hears_who_called(
    tmp_path: Path,
) -> None:
    agents, clock = Agents(), SystemClock()
    async with (
        far_side(answers) as far,
        opened(tmp_path, far.port, 9, agents) as (calls, _),
    ):
        began = clock.monotonic()
        talk = place(calls)
        await until(lambda: heard(far, "safe_harbour"))
        assert 1.9 < clock.monotonic() - began < 4.0
        report = await talk
    assert outcome(report.call) == "abandoned"
    assert heard(far, "safe_harbour") >= 18
    assert report.call.ended is not None
    assert report.call.ended.hung_up_by == "us"


async def test_when_the_agents_leg_is_lost_the_person_hears_an_apology(tmp_path: Path) -> None:
    agents = Agents("leg-1")
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(tmp_path, far.port, phone.port, agents) as (calls, engine),
    ):
        await connect(engine, agents)
        talk = place(calls)
        await until(lambda: [e for e in agents.events if type(e).__name__ == "Bridged"])
        phone.ask(phone.requests("INVITE")[0], "BYE", 3)
        report = await talk
        assert any(isinstance(event, Ended) for event in agents.events)
    assert (report.call.agent_lost, outcome(report.call)) == (True, "conversation")
    assert heard(far, "apology") >= 18


async def test_an_agent_whose_leg_is_gone_does_not_cost_the_person_the_call(
    tmp_path: Path,
) -> None:
    agents = Agents("no such leg", "leg-1")
    async with (
        far_side(answers) as far,
        far_side(answers) as phone,
        opened(tmp_path, far.port, phone.port, agents) as (calls, engine),
    ):
        await connect(engine, agents)
        talk = place(calls)
        await until(lambda: [e for e in agents.events if type(e).__name__ == "Bridged"])
        await engine.hangup("call-1")
        report = await talk
    assert outcome(report.call) == "conversation"
    assert sorted(agents.released) == ["leg-1", "no such leg"]
