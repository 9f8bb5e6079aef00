"""The store's tests run on a real SQLite file and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.store.database import Database, migrate, open_database
from scheduler.clock import ManualClock

START = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday, noon in New York
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.peer("postgres"))]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def db(store_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    await migrate(store_url)
    async with open_database(store_url, clock=clock) as database:
        yield database
