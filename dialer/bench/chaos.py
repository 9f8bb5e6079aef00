"""Many processes at one store, killed at random: no cap is passed and no slot is lost.

What the store says afterwards is counted by hand here, not by the rules that the gate asks.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import func, select

from compliance.permit import Permit
from dialer.bench.chaos_workers import CAP, CATALOGUE, COUNTS, GIVES_BACK, Orders
from dialer.bench.people import NOON, Somebody, add_people, call_to
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.stores import KEYS, POSTGRES, SQLITE, open_stores
from dialer.bench.timing import watch
from dialer.store import attempts, ledger_reader, tables
from dialer.store.attempts import NOT_SENT, UNKNOWN, Outcome
from dialer.store.database import Database, open_database
from dialer.store.gate import open_gate
from scheduler.clock import SystemClock

WORKERS = {SQLITE: 4, POSTGRES: 16}
_FREE = (GIVES_BACK, NOT_SENT)
_LATE_S = 0.5  # how often what has lapsed is looked for
_KNOWN = {COUNTS, GIVES_BACK, NOT_SENT, UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How hard it blows. Workers are killed evenly over the admissions."""

    admissions: int
    kills: int
    people: int
    workers: int
    callers: int = 4
    lease_s: float = 3.0
    busy_share: float = 0.6
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What the storm left. `faults` is empty where everything held."""

    admissions: int
    permits: int
    sent: int
    kills: int
    left_open: int  # attempts that the kills left open, closed once their leases had lapsed
    most_held: int  # slots of one person taken at one moment, at most
    seconds: float
    faults: tuple[str, ...]


async def run(*, admissions: int = 20_000, kills: int = 200, people: int = 700) -> Result:
    """The whole storm on every kind of store."""
    rows: list[Row] = []
    async with open_stores() as stores:
        for kind in stores.kinds:
            storm = Storm(admissions=admissions, kills=kills, people=people, workers=WORKERS[kind])
            after = await endure(await stores.fresh(kind), storm)
            if after.faults:
                raise BenchFailed(f"{kind}: {'; '.join(after.faults)}")
            rows.append(_row(kind, storm, after))
    return Result(
        name="chaos",
        about=f"workers killed at random while they admit, send and settle; the cap is {CAP}",
        rows=rows,
        left_out=stores.left_out,
    )


def _row(kind: str, storm: Storm, after: Aftermath) -> Row:
    return {
        "store": kind,
        "workers": storm.workers,
        "admissions": after.admissions,
        "permits": after.permits,
        "sent": after.sent,
        "kills": after.kills,
        "left_open": after.left_open,
        "most_held": after.most_held,
        "over_cap": 0,
        "slots_lost": 0,
        "took_s": after.seconds,
    }


async def endure(url: str, storm: Storm) -> Aftermath:
    """Let the storm pass over an empty store, and say what it left."""
    ahead = (NOON - SystemClock().now()).total_seconds()
    async with open_database(url, KEYS, clock=SystemClock(NOON), writer="watcher") as db:
        people = await add_people(db, storm.people)
        orders = Orders(
            url=url,
            people=people,
            callers=storm.callers,
            lease_s=storm.lease_s,
            busy_share=storm.busy_share,
            ahead_s=ahead,
            seed=storm.seed,
        )
        with watch() as spent:
            seen = await _blow(orders, storm, db)
        await db.clock.sleep(storm.lease_s)
        left = len(await attempts.recover(db, now=db.clock.now()))
        faults = await _unrecorded(db, seen)
        lost = await _fill_up(db, orders)
        rows = await _attempts(db)
        most = _most_held(rows)
        faults += await _miscounted(db, seen, rows, storm.people, most)
        if lost:
            faults.append(f"{lost} slots were lost")
    return Aftermath(
        admissions=seen.admissions,
        permits=len(seen.permits),
        sent=len(seen.sent),
        kills=seen.kills,
        left_open=left,
        most_held=most,
        seconds=spent.seconds,
        faults=tuple(faults),
    )


@dataclass(slots=True)
class _Seen:
    """What the workers said, which is what the world outside the store knows."""

    admissions: int = 0
    kills: int = 0
    permits: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    alive: dict[str, int] = field(default_factory=dict)  # name -> process id

    def hear(self, line: str) -> None:
        what, name, *more = line.split()
        match what:
            case "started":
                self.alive[name] = int(more[0])
            case "sent":
                self.sent.add(more[0])
            case "permit":
                self.permits.add(more[0])
                self.admissions += 1
            case "refusal":
                self.admissions += 1


async def _blow(orders: Orders, storm: Storm, db: Database) -> _Seen:
    """Start the workers, kill one after every so many admissions, and in the end all."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dialer.bench.chaos_workers",
        stdin=PIPE,
        stdout=PIPE,
    )
    seen, chance = _Seen(), random.Random(storm.seed)
    recovering = asyncio.create_task(_recover(db))
    try:
        names = [f"worker-{number}" for number in range(storm.workers)]
        await _send(process, [orders.text(), *names])
        assert process.stdout is not None
        while seen.admissions < storm.admissions or seen.kills < storm.kills:
            line = await process.stdout.readline()
            if not line:
                raise BenchFailed("the workers ended by themselves")
            seen.hear(line.decode())
            if seen.alive and seen.admissions * storm.kills > seen.kills * storm.admissions:
                name = chance.choice(sorted(seen.alive))
                os.kill(seen.alive.pop(name), signal.SIGKILL)
                seen.kills += 1
                await _send(process, [name])
    finally:
        for said in (await _end(process)).splitlines():
            seen.hear(said)
        recovering.cancel()
        await asyncio.wait({recovering})
    return seen


async def _recover(db: Database) -> None:
    """What the leader does all the time: close what has lapsed."""
    while True:
        await attempts.recover(db, now=db.clock.now())
        await db.clock.sleep(_LATE_S)


async def _send(process: Process, lines: Sequence[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("".join(f"{line}\n" for line in lines).encode())
    await process.stdin.drain()


async def _end(process: Process) -> str:
    """Kill all workers; the last that they said."""
    assert process.stdin is not None
    process.stdin.close()
    said, _ = await process.communicate()
    return said.decode()


async def _unrecorded(db: Database, seen: _Seen) -> list[str]:
    """Whether anything went out that the store does not hold as a contact, or is still open."""
    faults = []
    rows = await _attempts(db)
    by_id = {row.id: row for row in rows}
    if missing := (seen.permits | seen.sent) - by_id.keys():
        faults.append(f"{len(missing)} permits are not in the store")
    if denied := [ident for ident in seen.sent & by_id.keys() if by_id[ident].outcome == NOT_SENT]:
        faults.append(f"{len(denied)} contacts went out and stand as not sent")
    if still := [row.id for row in rows if row.state != "closed"]:
        faults.append(f"{len(still)} attempts are open after their leases")
    if strange := {row.outcome for row in rows if row.state == "closed"} - _KNOWN:
        faults.append(f"unexpected outcomes {sorted(strange)}")
    return faults


async def _fill_up(db: Database, orders: Orders) -> int:
    """Call everyone until refused; how many slots were free and could not be had.

    Who has an attempt of which nobody knows what became of it is let alone: it counts as a
    conversation too, after which there is no call for a week.
    """
    before = await _attempts(db)
    alone = {row.consumer_id for row in before if row.outcome == UNKNOWN}
    async with open_gate(db, CATALOGUE) as gate:

        async def fill(person: Somebody) -> None:
            while isinstance(answer := await gate.admit(call_to(person, owner="watcher")), Permit):
                done = Outcome(outcome=COUNTS, at=db.clock.now())
                await attempts.settle(db, answer.attempt_id, done)

        await asyncio.gather(*map(fill, orders.people))
    counted = Counter(row.consumer_id for row in await _attempts(db) if row.outcome not in _FREE)
    return sum(
        max(0, CAP - counted[one.person]) for one in orders.people if one.person not in alone
    )


async def _miscounted(
    db: Database, seen: _Seen, rows: Sequence[Any], people: int, most: int
) -> list[str]:
    faults = []
    if most > CAP:
        faults.append(f"{most} slots of one person were taken at one moment")
    counted = Counter(row.consumer_id for row in rows if row.outcome not in _FREE)
    if over := [person for person, count in counted.items() if count > CAP]:
        faults.append(f"{len(over)} of {people} people are over the cap")
    async with db.read() as conn:
        table = tables.decisions
        allowed = await conn.execute(select(func.count()).select_from(table).where(table.c.allowed))
        permitted = allowed.scalar_one()
    if permitted != len(rows):
        faults.append(f"{permitted} permits were decided and {len(rows)} attempts reserved")
    verified = await ledger_reader.verify(db)
    if verified.broken is not None:
        faults.append(f"the ledger is broken at {verified.broken}")
    if verified.entries < seen.admissions:
        faults.append(f"{verified.entries} ledger entries for {seen.admissions} admissions")
    return faults


async def _attempts(db: Database) -> Sequence[Any]:
    table = tables.attempts
    columns = (
        table.c.id,
        table.c.consumer_id,
        table.c.state,
        table.c.outcome,
        table.c.reserved_at,
        table.c.closed_at,
    )
    async with db.read() as conn:
        return (await conn.execute(select(*columns))).all()


def _most_held(rows: Sequence[Any]) -> int:
    """The most slots that any person had taken at one moment: those that count stay taken."""
    steps: dict[str, list[tuple[datetime, int]]] = {}
    for row in rows:
        taken = steps.setdefault(row.consumer_id, [])
        taken.append((row.reserved_at, 1))
        if row.outcome in _FREE:
            taken.append((row.closed_at, -1))
    return max(
        (max(accumulate(step for _, step in sorted(taken))) for taken in steps.values()),
        default=0,
    )
