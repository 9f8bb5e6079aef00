"""Several processes at one store, some of which are killed: caps hold and nothing is lost."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from dialer.store import attempts, ledger_reader, tables
from dialer.store.database import Database
from tests.dialer.store.people import Somebody, add_somebody

ROOT = Path(__file__).parents[3]
WORKER = "tests.dialer.store.gate_worker"


async def work(url: str, name: str, fate: str, one: Somebody) -> list[str]:
    """Run a worker process to its end; the attempts that it said went out."""
    told = (url, name, fate, one.person, one.case, one.debt, one.point)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", WORKER, *told, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, _ = await process.communicate()
    assert process.returncode == (-9 if fate == "dies" and out else 0)
    return out.decode().split()


async def test_processes_on_one_person_keep_the_cap(db: Database, store_url: str) -> None:
    one = await add_somebody(db)
    went_out = await asyncio.gather(
        *(work(store_url, f"worker-{n}", "lives", one) for n in range(4))
    )
    async with db.read() as conn:
        kept = (await conn.execute(select(tables.attempts))).all()
    assert 1 <= len(kept) <= 7
    assert sorted(row.id for row in kept) == sorted(ident for out in went_out for ident in out)
    assert {row.state for row in kept} == {"closed"}
    assert (await ledger_reader.verify(db)).broken is None


async def test_a_killed_process_leaves_a_counted_attempt(db: Database, store_url: str) -> None:
    one = await add_somebody(db)
    (attempt,) = await work(store_url, "worker-1", "dies", one)
    async with db.read() as conn:
        row = (await conn.execute(select(tables.attempts))).one()
    assert (row.id, row.state, row.outcome) == (attempt, "active", "reserved")
    later = db.clock.now() + timedelta(minutes=3)
    (recovered,) = await attempts.recover(db, now=later)
    assert (recovered.attempt_id, recovered.outcome) == (attempt, "unknown")
    async with db.read() as conn:
        row = (await conn.execute(select(tables.attempts))).one()
    assert (row.state, row.outcome) == ("closed", "unknown")
    assert (await ledger_reader.verify(db)).broken is None
