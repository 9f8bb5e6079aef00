"""The store's tests run on a real SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.store.database import Database, migrate, open_database
from scheduler.clock import ManualClock
from tests.conftest import new_postgres_database
from tests.keys import KEYS

START = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday, noon in New York
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.peer("postgres"))]


@pytest.fixture(params=BOTH)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return url_of(tmp_path / "store.sqlite")


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store in the newest form."""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        return new_postgres_database(server, request.getfixturevalue("postgres_template"))
    file = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.sqlite")
    return url_of(file)


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store, made once and copied for each test."""
    file = tmp_path_factory.mktemp("template") / "store.sqlite"
    asyncio.run(migrate(url_of(file), KEYS))
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of the same on the real server."""
    url = new_postgres_database(postgres_server)
    asyncio.run(migrate(url, KEYS))
    return url.rsplit("/", 1)[1]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def db(store_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    async with open_database(store_url, KEYS, clock=clock) as database:
        yield database
