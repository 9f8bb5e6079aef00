"""Importing past contacts: a new dialer must not lose the seven-day window."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from compliance.permit import Permit, Refusal
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.importing.history import HistoryOptions, import_history
from dialer.store.importing.report import Report
from tests.dialer.store.people import Somebody, add_somebody, call, catalogue

HEADER = "case_id,at,channel,direction,outcome,number,debt_id"


async def run(db: Database, path: Path, *lines: str) -> Report:
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    return await import_history(db, path, HistoryOptions())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.csv"


@pytest.fixture
async def stranger(db: Database) -> Somebody:
    return await add_somebody(db, known_from=None)


async def admit(db: Database, one: Somebody) -> Permit | Refusal:
    async with open_gate(db, catalogue()) as gate:
        return await gate.admit(call(one))


async def test_none_says_that_the_history_is_known(
    db: Database, path: Path, stranger: Somebody
) -> None:
    assert isinstance(await admit(db, stranger), Refusal)
    report = await run(db, path, f"{stranger.case},2026-10-01T00:00:00Z,call,out,none,,")
    assert report.changes == {"consumers.changed": 1}
    assert isinstance(await admit(db, stranger), Permit)


async def test_imported_calls_use_up_the_limit(
    db: Database, path: Path, stranger: Somebody
) -> None:
    known = f"{stranger.case},2026-10-01T00:00:00Z,call,out,none,,"
    calls = [
        f"{stranger.case},2026-11-{day}T15:00:00Z,call,out,no_answer,212-555-0123,D1"
        for day in (19, 20, 21, 22, 23)
    ]
    more = [f"{stranger.case},2026-11-23T1{h}:30:00Z,call,out,no_answer,,D1" for h in (6, 7)]
    await run(db, path, known, *calls, *more)
    refusal = await admit(db, stranger)
    assert isinstance(refusal, Refusal)
    assert refusal.rules == ("US-REGF-7IN7",)


async def test_a_conversation_by_them_starts_the_cooldown(
    db: Database, path: Path, stranger: Somebody
) -> None:
    await run(
        db,
        path,
        f"{stranger.case},2026-10-01T00:00:00Z,call,out,none,,",
        f"{stranger.case},2026-11-23T15:00:00Z,call,in,conversation,,",
    )
    refusal = await admit(db, stranger)
    assert isinstance(refusal, Refusal)
    assert refusal.rules == ("US-REGF-COOL7",)


async def test_without_none_history_is_known_from_the_first_row(
    db: Database, path: Path, stranger: Somebody
) -> None:
    await run(
        db,
        path,
        f"{stranger.case},2026-11-20T15:00:00Z,call,out,busy,,",
        f"{stranger.case},2026-11-18T15:00:00Z,call,out,busy,,",
    )
    async with db.read() as conn:
        known = (await conn.execute(select(tables.consumers.c.history_known_from))).scalar_one()
    assert known == datetime.fromisoformat("2026-11-18T15:00:00Z")


async def test_the_same_file_again_changes_nothing(
    db: Database, path: Path, stranger: Somebody
) -> None:
    row = f"{stranger.case},2026-11-20T15:00:00Z,call,out,busy,,"
    first = await run(db, path, row, row)
    again = await run(db, path, row)
    assert first.changes["contact_events.added"] == 1
    assert again.changes == {}


async def test_bad_rows_are_told(db: Database, path: Path, stranger: Somebody) -> None:
    report = await run(
        db,
        path,
        "nobody,2026-11-20T15:00:00Z,call,out,busy,,",
        f"{stranger.case},2026-11-20 15:00,call,out,busy,,",
        f"{stranger.case},2027-11-20T15:00:00Z,call,out,busy,,",
        f"{stranger.case},2026-11-20T15:00:00Z,fax,sideways,engaged,99,D9",
        f"{stranger.case},2026-11-20T15:00:00Z,call,out,busy,,D9",
    )
    assert report.good == 0
    assert {(problem.row, problem.column) for problem in report.problems} == {
        (2, "case_id"),
        (3, "at"),
        (4, "at"),
        (5, "channel"),
        (5, "direction"),
        (5, "outcome"),
        (6, "debt_id"),
    }
    assert report.rejected_file is not None
