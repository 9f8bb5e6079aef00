"""A floor at work for long under bad conditions, and what is left of it at the end.

Two trunks lead to the town, each over a network that loses datagrams and at times goes deaf.
Agents' phones do the same, and hang up in the middle of things. At the end every attempt has to
be closed with a cause that agrees with what the town saw, every recording sealed and readable,
and nothing taken that was not given back.
"""

from __future__ import annotations

import asyncio
import gc
import resource
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Row, select, update

from dialer.bench.floor import Floor, open_floor
from dialer.bench.people import add_people, new_campaign
from dialer.bench.relay import Relay, open_relay
from dialer.bench.result import BenchFailed, Result
from dialer.engine.disposal import Said
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.model.disposition import Code
from dialer.store import campaigns, tables
from dialer.store.dispositions import AlreadyDisposed
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.town.exchange_process import ExchangeProcess, start_exchange
from dialer.town.habits import CallHabit
from dialer.town.options import TownOptions
from dialer.town.population import make_population
from dialer.town.records import CallRecord
from recordings.vault import VaultError
from scheduler.clock import SystemClock

TOWN = TownOptions(seed=11, size=4000, sip_user=None)
PHONES = TownOptions(seed=12, size=80, sip_user=None)
AGENTS = 8
LINES = 16
LOSS = 0.03
_STALE = timedelta(seconds=32)
"""An INVITE that met a deaf trunk may get through so long after."""
_ABOUT = timedelta(seconds=5)
SETTLE_S = 40.0
"""Longer than any SIP transaction lives (64 T1 = 32 s)."""

ANSWERED = frozenset(
    {
        "conversation",
        "conversation_general",
        "abandoned",
        "answered_dropped",
        "message_played",
        "voicemail_limited_content",
        "voicemail_message",
        "voicemail_no_message",
    }
)
CAUSES = {
    404: frozenset({"not_in_service"}),
    480: frozenset({"no_answer"}),
    486: frozenset({"busy"}),
    487: frozenset({"no_answer"}),
    503: frozenset({"failed_before_ring"}),
    603: frozenset({"no_answer", "unknown"}),
}
UNTOLD = frozenset({"not_sent", "unknown", "failed_before_ring", "no_answer"})
"""What a call may come to whose trunk was cut off."""


@dataclass(slots=True)
class Story:
    """What was done to the floor."""

    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    agents_back: int = 0
    certain: int = 0
    faults: list[str] = field(default_factory=list)


async def run(*, minutes: float = 30.0, seed: int = 1, timers: Timers | None = None) -> Result:
    """Work so long. Raises BenchFailed where anything is wrong or left at the end.

    `timers` are those of SIP; short ones let the calls of an outage be given up sooner.
    """
    loop = asyncio.get_running_loop()
    before, began_kb = len(asyncio.all_tasks()), _memory_kb()
    story = Story()
    loop.set_exception_handler(lambda _, told: story.faults.append(str(told.get("message"))))
    chance = Random(seed)
    with TemporaryDirectory(prefix="ringfence-soak-") as folder:
        async with _bad_floor(Path(folder), chance, timers) as bad:
            await _work(bad, 60 * minutes, seed, chance, story)
            await _come_to_rest(bad.floor, story)
            calls = await bad.town.calls()
            attempts = await _attempts(bad.floor)
            sealed = await _recordings(bad.floor, story)
    gc.collect()
    if left := len(asyncio.all_tasks()) - before:
        story.faults.append(f"{left} tasks left")
    story.faults += _wrong_causes(attempts, calls, story)
    if story.faults:
        raise BenchFailed("; ".join(story.faults[:20]))
    relays = [*bad.trunks, bad.hall]
    outcomes = Counter(row.outcome for row in attempts)
    return Result(
        name="soak",
        about=f"{minutes:g} minutes of lost datagrams, trunk failures and agents who drop",
        rows=[
            {"what": "attempts, all closed", "count": len(attempts)},
            *({"what": f"  {word}", "count": count} for word, count in outcomes.most_common()),
            {"what": "  of these with one call and no outage about it", "count": story.certain},
            {"what": "calls that the town saw", "count": len(calls)},
            {"what": "recordings, all sealed and read back", "count": sealed},
            {"what": "datagrams passed", "count": sum(relay.passed for relay in relays)},
            {"what": "datagrams lost", "count": sum(relay.lost for relay in relays)},
            {"what": "trunk outages", "count": len(story.outages)},
            {"what": "agents who came back after a drop", "count": story.agents_back},
            {"what": "legs, RTP ports, transactions and tasks left", "count": 0},
            {"what": "growth of memory, MB", "count": (_memory_kb() - began_kb) >> 10},
        ],
    )


async def _work(bad: _BadFloor, seconds: float, seed: int, chance: Random, story: Story) -> None:
    """So long of agents at work; then the weather clears and the calls under way end."""
    lives = [
        asyncio.create_task(_agent(bad.floor, f"agent-{n}", Random(f"{seed}/{n}"), story))
        for n in range(AGENTS)
    ]
    weather = asyncio.create_task(_weather(bad.trunks, chance, story))
    await SystemClock().sleep(seconds)
    weather.cancel()
    await bad.floor.loop.stop()
    await _until_none(bad.floor)
    for life in lives:
        life.cancel()
    for ended in await asyncio.gather(weather, *lives, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            story.faults.append(f"a task of the bench ended: {ended!r}")


async def _come_to_rest(floor: Floor, story: Story) -> None:
    """Let everything end that can; what does not is a fault."""
    await floor.engine.drain(10.0)
    if running := await floor.supervisor.drain(30.0):
        story.faults.append(f"{running} contacts still run")
    try:
        async with asyncio.timeout(SETTLE_S):
            while floor.engine.layer.asking():
                await floor.clock.sleep(0.1)
    except TimeoutError:
        story.faults.append(f"{floor.engine.stats().transactions} transactions left")
    stats = floor.engine.stats()
    if stats.live_legs or stats.rtp_ports_taken:
        story.faults.append(f"{stats.live_legs} legs, {stats.rtp_ports_taken} RTP ports left")


@dataclass(frozen=True, slots=True, kw_only=True)
class _BadFloor:
    """The floor, the networks around it, and the town behind them."""

    floor: Floor
    trunks: Sequence[Relay]
    hall: Relay
    town: ExchangeProcess


@asynccontextmanager
async def _bad_floor(
    folder: Path, chance: Random, timers: Timers | None
) -> AsyncIterator[_BadFloor]:
    """The floor between the town and the phones, with a bad network on every side."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        town = await enter(start_exchange(TOWN))
        phones = await enter(start_exchange(PHONES))
        trunks = [await enter(open_relay(town.port, LOSS, chance)) for _ in range(2)]
        hall = await enter(open_relay(phones.port, LOSS, chance))
        media = 16_000 + 2 * chance.randrange(3000)
        floor = await enter(
            open_floor(
                folder,
                trunks=[
                    Trunk(
                        name=f"trunk-{n}",
                        host="127.0.0.1",
                        port=relay.port,
                        priority=n,
                        keepalive_s=5.0,
                    )
                    for n, relay in enumerate(trunks)
                ],
                agents=_agents(hall.port),
                rtp_ports=(media, media + 399),
                lines=LINES,
                timers=timers,
            )
        )
        await _campaign(floor)
        yield _BadFloor(floor=floor, trunks=trunks, hall=hall, town=town)


def _agents(port: int) -> dict[str, Phone]:
    """Phones that answer, and hang up when their owner has had enough of it."""
    patient = [
        phone.number.removeprefix("+")
        for consumer in make_population(PHONES.seed, PHONES.size).consumers
        for phone in consumer.phones
        if phone.call.habit is CallHabit.LISTENS
    ]
    return {
        f"agent-{n}": Phone(name=patient[n], password="", address=f"127.0.0.1:{port}")
        for n in range(AGENTS)
    }


async def _campaign(floor: Floor) -> None:
    numbers = [
        consumer.phones[0].number
        for consumer in make_population(TOWN.seed, TOWN.size).consumers
        if consumer.place.country == "US"
    ]
    campaign = await new_campaign(floor.db, mode="progressive", lines=LINES)
    await add_people(floor.db, len(numbers), campaign=campaign, numbers=numbers)
    async with floor.db.write() as conn:
        await conn.execute(update(tables.consumers).values(country="US"))
        await conn.execute(update(tables.debts).values(balance_minor=20_000, currency="USD"))
    await campaigns.start(floor.db, campaign, now=floor.clock.now())


async def _agent(floor: Floor, name: str, chance: Random, story: Story) -> None:
    """One agent's day: logs in, takes calls, notes what came of them, comes back after a drop."""
    seen = False
    while True:
        await floor.clock.sleep(chance.uniform(0.2, 0.6))
        view = floor.desk.view(name)
        with suppress(NotNow, AlreadyDisposed):
            match view.agent.state:
                case AgentState.OFFLINE if not view.calling:
                    await floor.desk.log_in(name)
                    story.agents_back += seen
                    seen = True
                case AgentState.ON_BREAK:
                    floor.desk.go_ready(name)
                case AgentState.ON_CALL:
                    await _talk(floor, name, chance)
            if view.screen is not None and view.screen.ended:
                code = chance.choice([Code.RIGHT_PARTY, Code.RIGHT_PARTY, Code.HUNG_UP])
                said = Said(call_id=view.screen.errand.call_id, code=code)
                await floor.disposal.dispose(name, said)


async def _talk(floor: Floor, name: str, chance: Random) -> None:
    await floor.clock.sleep(chance.uniform(0.5, 6.0))
    match chance.choice(["hang up", "hang up", "hold", "mute", "press", "wait"]):
        case "hang up":
            await floor.desk.talk.hang_up(name)
        case "hold":
            await floor.desk.talk.hold(name, chance.random() < 0.5)
        case "mute":
            await floor.desk.talk.mute(name, chance.random() < 0.5)
        case "press":
            await floor.desk.talk.press(name, "5")


async def _weather(trunks: Sequence[Relay], chance: Random, story: Story) -> None:
    """Every now and then a trunk, or each of them, is cut off for a while."""
    clock = SystemClock()
    while True:
        await clock.sleep(chance.uniform(10.0, 200.0))
        cut = trunks if chance.random() < 0.2 else [chance.choice(trunks)]
        for relay in cut:
            relay.deaf = True
        began = clock.now()
        try:
            await clock.sleep(chance.uniform(2.0, 20.0))
        finally:
            story.outages.append((began, clock.now()))
            for relay in cut:
                relay.deaf = False


async def _until_none(floor: Floor) -> None:
    """Let the calls under way come to their end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(90.0):
            while floor.supervisor.running("call"):
                await floor.clock.sleep(0.1)


async def _attempts(floor: Floor) -> list[Row[Any]]:
    table, points = tables.attempts, tables.contact_points
    query = (
        select(table.c.id, table.c.state, table.c.outcome, table.c.detail, points.c.value)
        .join(points, points.c.id == table.c.contact_point_id)
        .order_by(table.c.id)
    )
    async with floor.db.read() as conn:
        return list(await conn.execute(query))


async def _recordings(floor: Floor, story: Story) -> int:
    """How many are sealed; each has to be in the index and in the vault, and to open to its end."""
    async with floor.db.read() as conn:
        indexed = {row.name: row for row in await conn.execute(select(tables.recordings))}
    kept = {name async for name in floor.vault.names()}
    if kept != set(indexed):
        story.faults.append(f"{len(kept ^ set(indexed))} recordings differ from the index")
    for name in kept & set(indexed):
        try:
            size = sum([len(part) async for part in floor.vault.read(name)])
        except VaultError as error:
            story.faults.append(str(error))
            continue
        if size != indexed[name].bytes:
            story.faults.append(f"recording {name} has {size} bytes")
    if unsealed := list(floor.spool.glob("*")):
        story.faults.append(f"{len(unsealed)} recordings not sealed")
    return len(kept)


def _wrong_causes(
    attempts: Sequence[Row[Any]], calls: Sequence[CallRecord], story: Story
) -> list[str]:
    """Attempts that are open, or whose cause is not what the town saw of that number."""
    seen: dict[str, list[CallRecord]] = defaultdict(list)
    for call in calls:
        seen[call.number].append(call)
    tried = Counter(row.value for row in attempts)
    wrong = [f"attempt {row.id} is {row.state}" for row in attempts if row.state != "closed"]
    for row in attempts:
        records = seen[row.value]
        right = frozenset[str]().union(*(_right(record) for record in records))
        sure = len(records) == tried[row.value] == 1 and not _cut_off(records[0], story)
        story.certain += sure
        if row.outcome not in (right if sure else right | UNTOLD):
            told = sorted(right) or "nothing"
            wrong.append(f"attempt {row.id} is {row.outcome}, the town saw {told}: {row.detail}")
    return wrong


def _right(record: CallRecord) -> frozenset[str]:
    """What a call may come to that the town remembers so."""
    if record.answered_at is not None:
        return ANSWERED
    return CAUSES.get(record.code or 0, frozenset())


def _cut_off(record: CallRecord, story: Story) -> bool:
    """Whether a trunk was deaf while the call was on, or just before."""
    began, ended = record.started_at - _STALE, (record.ended_at or record.started_at) + _ABOUT
    return any(start < ended and began < end for start, end in story.outages)


def _memory_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
