"""Durable admissions through the gate, beside bare durable inserts of the same bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from compliance import packs
from compliance.permit import Permit
from dialer.bench.callers import Work, drive
from dialer.bench.people import NOON, Somebody, add_people, call_to, new_campaign
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.stores import KEYS, open_stores
from dialer.store import tables
from dialer.store.database import Database, open_database
from dialer.store.gate import BATCH, open_gate
from scheduler.clock import SystemClock

AIM_RATIO, AIM_P99_MS = 0.5, 20.0
CALLERS = (1, 4, 16, 64)


async def run(
    *, admissions: int = 1600, history: int = 20, callers: Sequence[int] = CALLERS
) -> Result:
    """Admit different people; every one is permitted, reserved and in the ledger."""
    rows: list[Row] = []
    async with open_stores() as stores:
        for kind in stores.kinds:
            for at_once in callers:
                url = await stores.fresh(kind)
                async with open_database(url, KEYS, clock=SystemClock(NOON), writer="bench") as db:
                    rows += await _measure(kind, db, at_once, admissions, history)
    return Result(
        name="gate",
        about=f"durable admissions (facts with {history} past contacts, decision, reservation, "
        "ledger) beside inserts of the same bytes, each durable before the next of its caller",
        rows=rows,
        left_out=stores.left_out,
    )


async def _measure(kind: str, db: Database, at_once: int, count: int, history: int) -> list[Row]:
    """The gate, the bare inserts each in its own commit, and those in shared commits."""
    people = await add_people(db, count, campaign=await new_campaign(db), history=history)
    body, gate = await _gate(db, people, at_once)
    await _make_bare(db)
    count_alone = min(count, 400 * at_once)
    alone = await drive(lambda n: _insert(db, [f"alone-{n}"], body), count_alone, at_once)
    async with _shared_commits(db, body) as insert_shared:
        shared = await drive(insert_shared, count, at_once)
    head = {"store": kind, "callers": at_once}
    return [
        {
            **head,
            "what": "admission",
            **gate,
            "bytes": len(body),
            "ratio_own_commit": gate["per_s"] / alone["per_s"],
            "ratio_shared_commit": gate["per_s"] / shared["per_s"],
            "aim": f"{AIM_RATIO} of bare, p99 {AIM_P99_MS:.0f} ms",
        },
        {**head, "what": "bare, own commit", **alone, "bytes": len(body)},
        {**head, "what": "bare, shared commit", **shared, "bytes": len(body)},
    ]


async def _gate(
    db: Database, people: Sequence[Somebody], at_once: int
) -> tuple[str, Mapping[str, float]]:
    """What one admission wrote, and how the admissions went."""
    async with open_gate(db, packs.shipped()) as gate:

        async def admit(number: int) -> None:
            answer = await gate.admit(call_to(people[number]))
            if not isinstance(answer, Permit):
                raise BenchFailed(f"refused by {answer.rules}")

        figures = await drive(admit, len(people), at_once)
    async with db.read() as conn:
        written = [
            (await conn.execute(select(table).limit(1))).one()
            for table in (tables.decisions, tables.attempts, tables.ledger)
        ]
    return "".join(str(value) for row in written for value in row if value is not None), figures


async def _make_bare(db: Database) -> None:
    async with db.write() as conn:
        await conn.exec_driver_sql("create table bare (id varchar(40) primary key, body text)")


async def _insert(db: Database, names: Sequence[str], body: str) -> None:
    """Insert under these names, in one durable commit."""
    sqlite = db.engine.dialect.name == "sqlite"
    places = "?, ?" if sqlite else "$1, $2"
    rows: list[Any] = [(name, body) for name in names]
    async with db.write() as conn:
        await conn.exec_driver_sql(f"insert into bare values ({places})", rows)


@asynccontextmanager
async def _shared_commits(db: Database, body: str) -> AsyncIterator[Work]:
    """Inserts that wait while a commit is under way share the next one, as the gate's do."""
    waiting: deque[tuple[str, asyncio.Future[None]]] = deque()
    something = asyncio.Event()

    async def insert(number: int) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append((f"shared-{number}", done))
        something.set()
        await done

    async def serve() -> None:
        while True:
            await something.wait()
            something.clear()
            while waiting:
                batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
                await _insert(db, [name for name, _ in batch], body)
                for _, done in batch:
                    done.set_result(None)

    server = asyncio.create_task(serve())
    try:
        yield insert
    finally:
        server.cancel()
