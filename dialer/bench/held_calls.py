"""Calls that are up for long: audio both ways on all, some bridged with agents and recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from compliance.facts import Channel
from dialer.bench.permits import permit_for
from dialer.bench.result import BenchFailed, Row
from dialer.bench.timing import percentile, watch
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.telephony.port import (
    AgentLegSpec,
    Answered,
    Bridged,
    CallEvent,
    CallSpec,
    Ended,
    RecordingFinished,
)
from dialer.town.subprocesses import python_child
from scheduler.clock import SystemClock

NUMBER = "+12125550123"
PER_S = 50
_PATIENCE_S = 60.0
AIM = "tick late by under 5 ms at p99, no gap over 60 ms, answer to agent p99 under 50 ms"


class _House:
    """Places legs, bridges each consumer to a waiting agent as it answers, and keeps the times."""

    def __init__(self, engine: SipEngine, folder: Path, pairs: int) -> None:
        self.engine = engine
        self.to_agent_s: list[float] = []
        self.recorded: list[RecordingFinished] = []
        self.up = 0
        self.ended = 0
        self._folder = folder
        self._pairs = pairs
        self._answered_at: dict[str, float] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def read(self) -> None:
        """Hear the engine out, and do at once what an answer asks for."""
        async for event in self.engine.events():
            self._told(event)

    def _told(self, event: CallEvent) -> None:
        kind, _, number = event.call_id.partition("-")
        match event:
            case Answered():
                self.up += 1
                if kind == "consumer" and int(number) < self._pairs:
                    self._answered_at[event.call_id] = event.at
                    joining = asyncio.create_task(self._join(event.call_id, f"agent-{number}"))
                    self._work.add(joining)
                    joining.add_done_callback(self._work.discard)
            case Bridged() if kind == "consumer":
                self.to_agent_s.append(event.at - self._answered_at[event.call_id])
            case RecordingFinished():
                self.recorded.append(event)
            case Ended():
                self.ended += 1

    async def _join(self, consumer: str, agent: str) -> None:
        await self.engine.bridge(consumer, agent)
        await self.engine.record(consumer, str(self._folder / f"{consumer}.wav"))


async def held(*, legs: int, pairs: int, seconds: float) -> Row:
    """So many legs with audio both ways, of which `pairs` are consumers bridged and recorded.

    Raises BenchFailed where a leg is lost or a recording is not whole.
    """
    clock, media = SystemClock(), 16_000 + 2 * Random().randrange(3000)
    far_end = python_child("dialer.bench.far_end", [])
    with TemporaryDirectory(prefix="ringfence-held-") as folder:
        async with far_end as (process, ready):
            place = f"127.0.0.1:{ready['port']}"
            trunk = Trunk(
                name="far",
                host="127.0.0.1",
                port=ready["port"],
                keepalive_s=0.0,
                max_channels=legs,
                max_calls_per_second=10_000.0,
            )
            async with open_sip_engine(
                trunks=[trunk],
                clock=clock,
                listen="127.0.0.1:0",
                rtp_ports=(media, media + 4 * legs),
                find_phone=lambda name: Phone(name=name, password="", address=place),
            ) as engine:
                house = _House(engine, Path(folder), pairs)
                reading = asyncio.create_task(house.read())
                await _set_up(house, legs, pairs)
                await clock.sleep(1.0)
                await _figures(process)
                before = dict(engine.stats().ticks_late)
                with watch() as spent:
                    await clock.sleep(seconds)
                after, gaps = engine.stats().ticks_late, await _figures(process)
                await _clear(house, legs)
            await reading
        _check(house, pairs)
    late = [float(ms) for ms, count in after.items() for _ in range(count - before.get(ms, 0))]
    row: dict[str, object] = {
        "what": f"{legs} legs held {seconds:.0f} s, {pairs} pairs bridged and recorded",
        "calls": legs,
        "tick_late_p99_ms": percentile(late, 0.99),
        "tick_late_worst_ms": max(late),
        **gaps,
        "core_share": spent.core_seconds / spent.seconds,
        "aim": AIM,
    }
    if house.to_agent_s:
        row["answer_to_agent_p99_ms"] = percentile(house.to_agent_s, 0.99) * 1e3
    return row


async def _set_up(house: _House, legs: int, pairs: int) -> None:
    """Agents first: they wait on their legs, as on a floor."""
    clock = SystemClock()
    for number in range(pairs):
        await house.engine.connect_agent(
            AgentLegSpec(leg_id=f"agent-{number}", phone=f"phone-{number}")
        )
        await clock.sleep(1 / PER_S)
    await _until(house, "up", pairs)
    for number in range(legs - pairs):
        name = f"consumer-{number}"
        permit = permit_for(Channel.CALL, NUMBER, name, clock.now())
        spec = CallSpec(call_id=name, number=NUMBER, caller_id="+12125550100", ring_timeout_s=30.0)
        await house.engine.originate(permit, spec)
        await clock.sleep(1 / PER_S)
    await _until(house, "up", legs)


async def _clear(house: _House, legs: int) -> None:
    for leg in house.engine.legs():
        await house.engine.hangup(leg.id)
    await _until(house, "ended", legs)


async def _until(house: _House, what: str, count: int) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while getattr(house, what) < count:
                await SystemClock().sleep(0.01)
    except TimeoutError as error:
        raise BenchFailed(f"{getattr(house, what)} of {count} legs are {what}") from error


async def _figures(process: asyncio.subprocess.Process) -> Mapping[str, float]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(b"figures\n")
    found: dict[str, float] = json.loads(await process.stdout.readline())
    return found


def _check(house: _House, pairs: int) -> None:
    whole = [one for one in house.recorded if one.error is None and one.duration_s]
    if len(whole) != pairs:
        raise BenchFailed(f"{len(whole)} of {pairs} recordings are whole")
