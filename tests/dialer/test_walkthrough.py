"""The walkthrough of the docs, done line by line; what it says is what happens, and is lawful."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from compliance import packs
from dialer.model.case import CaseStatus
from dialer.reports.contact_audit import audit
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import Gate, open_gate
from dialer.store.ledger_reader import verify
from scheduler.clock import ManualClock
from tests.dialer.store.owing import CN, US, case, owe
from tests.dialer.store.people import add_somebody
from tests.dialer.walk import Walk, settle_in
from tests.keys import KEYS

DOC = Path(__file__).parents[2] / "docs" / "walkthrough.md"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LINE = re.compile(r"^\| (\d{4}-\d\d-\d\d \d\d:\d\d) \| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)


def lines(country: str) -> list[tuple[str, str, str]]:
    """Local time, act and what came of it, in the part of that country."""
    parts = re.split(r"^## ", DOC.read_text("utf-8"), flags=re.MULTILINE)
    (part,) = (part for part in parts if part.startswith(country))
    return [(when, act, result.strip()) for when, act, result in LINE.findall(part)]


async def american(db: Database, gate: Gate, clock: ManualClock) -> Walk:
    one = await add_somebody(db)
    await owe(db, one, 90_000, days_past_due=35)
    await settle_in(db, one, country="US", region="NY")
    return Walk(
        db=db,
        gate=gate,
        clock=clock,
        one=one,
        zone=ZoneInfo("America/New_York"),
        actor="third_party_collector",
        currency="USD",
        terms=US,
        region="NY",
    )


async def chinese(db: Database, gate: Gate, clock: ManualClock) -> Walk:
    one = await add_somebody(db, number="+8619900000001", tz="Asia/Shanghai", country="CN")
    await owe(db, one, 900_000, currency="CNY", days_past_due=35)
    await settle_in(db, one, country="CN", region=None)
    return Walk(
        db=db,
        gate=gate,
        clock=clock,
        one=one,
        zone=ZoneInfo("Asia/Shanghai"),
        actor="bank",
        currency="CNY",
        terms=CN,
        region=None,
    )


@pytest.mark.parametrize("country", ["United States", "China"])
async def test_a_year_goes_as_it_is_told(tmp_path: Path, country: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    clock = ManualClock(START)
    told = lines(country)
    assert len(told) > 35
    async with open_database(url, KEYS, clock=clock) as db, open_gate(db, packs.shipped()) as gate:
        walk = await (chinese if country == "China" else american)(db, gate, clock)
        came = [(when, act, await walk.go(when, act)) for when, act, _ in told]
        assert came == told
        assert (await case(db, walk.one)).status is CaseStatus.CLOSED
        async with db.read() as conn:
            found = await audit(conn)
        assert (found.caps_exceeded, found.outside_hours) == (0, 0)
        verified = await verify(db)
        assert verified.broken is None
        assert verified.entries > len(told)
