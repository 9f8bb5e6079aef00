"""A real store with a week of work in it that came through the gate."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.permit import Permit
from dialer.store import attempts
from dialer.store.attempts import Outcome
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import open_gate
from scheduler.clock import ManualClock
from tests.dialer.store.people import LEASE, Somebody, add_campaign, add_somebody, call, catalogue
from tests.keys import KEYS

START = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday, noon in New York
HOUR = 3600.0
OUTCOMES = ("no_answer", "busy", "no_answer", "voicemail_limited_content", "no_answer", "abandoned")
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.peer("postgres"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The store after a day's calls to one person: some permitted, some refused."""

    db: Database
    clock: ManualClock
    one: Somebody
    other: Somebody
    permits: tuple[Permit, ...]
    refusals: int


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'ringfence.sqlite'}"


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return sqlite_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A store that was filled once, for copies."""

    file: Path
    ended: datetime
    worked: Worked


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    file = tmp_path_factory.mktemp("worked") / "store.sqlite"

    async def make() -> Template:
        async with filled(f"sqlite+aiosqlite:///{file}") as worked:
            return Template(file=file, ended=worked.clock.now(), worked=worked)

    return asyncio.run(make())


@pytest.fixture
def copied(template: Template, tmp_path: Path, sqlite_url: str) -> str:
    """The URL of a store with the day's work in it."""
    (tmp_path / "data").mkdir()
    shutil.copy(template.file, tmp_path / "data" / "ringfence.sqlite")
    return sqlite_url


@pytest.fixture
async def worked(template: Template, copied: str) -> AsyncIterator[Worked]:
    clock = ManualClock(template.ended)
    async with open_database(copied, KEYS, clock=clock) as db:
        yield replace(template.worked, db=db, clock=clock)


@pytest.fixture
async def worked_anywhere(store_url: str) -> AsyncIterator[Worked]:
    """The same on a real PostgreSQL too."""
    async with filled(store_url) as found:
        yield found


@asynccontextmanager
async def filled(store_url: str) -> AsyncIterator[Worked]:
    clock = ManualClock(START)
    await migrate(store_url, KEYS)
    async with open_database(store_url, KEYS, clock=clock) as db:
        yield await fill(db, clock)


def outcome(hour: int, at: datetime) -> Outcome:
    word = OUTCOMES[hour % len(OUTCOMES)]
    return Outcome(
        outcome=word,
        at=at,
        counts_as_connected=word != "busy",
        detail={"sip_code": 486 if word == "busy" else 480, "ringing_seen": word != "busy"},
    )


async def fill(db: Database, clock: ManualClock) -> Worked:
    """Calls on the hour, from noon until after the evening's close in New York."""
    campaign = await add_campaign(db)
    one = await add_somebody(db, campaign=campaign)
    other = await add_somebody(db, number="+12125550124", campaign=campaign)
    permits: list[Permit] = []
    refusals = 0
    async with open_gate(db, catalogue()) as gate:
        for hour in range(10):
            for person in (one, other):
                answer = await gate.admit(call(person))
                if isinstance(answer, Permit):
                    await attempts.activate(db, answer.attempt_id, now=clock.now(), lease=LEASE)
                    await attempts.settle(db, answer.attempt_id, outcome(hour, clock.now()))
                    permits.append(answer)
                else:
                    refusals += 1
            await clock.advance(HOUR)
    return Worked(
        db=db,
        clock=clock,
        one=one,
        other=other,
        permits=tuple(permits),
        refusals=refusals,
    )
