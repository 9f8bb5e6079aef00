"""Opening the case store: SQLite (WAL, synchronous=FULL) or PostgreSQL by one URL.

`read()` and `write()` give a connection in one transaction. What is written in `read()` is rolled
back. On SQLite writers take turns: `BEGIN IMMEDIATE`, so a transaction never fails half-way for
want of the write lock.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Connection, bindparam, event, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from dialer.store import sealing
from recordings.keys import KeyRing
from scheduler.clock import Clock, SystemClock

BUSY_TIMEOUT_S = 30.0

_LOCK = text("select pg_advisory_xact_lock(k) from unnest(:keys) as k").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger))
)
_MIGRATION_LOCK = "migration"
_ONE_STATE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open case store. `writer` names this process's stream in the ledger."""

    engine: AsyncEngine
    keys: KeyRing
    clock: Clock
    writer: str
    _reader: AsyncEngine = field(repr=False)
    _turn: asyncio.Lock | None = field(repr=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the store; it keeps nothing."""
        async with self._reader.connect() as conn:
            yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection in one write transaction, durable when the block ends without error."""
        turn: AbstractAsyncContextManager[Any] = self._turn or nullcontext()
        async with turn, self.engine.connect() as plain:
            conn = await plain.execution_options(write=True)
            async with conn.begin():
                yield conn


@asynccontextmanager
async def open_database(
    url: str, keys: KeyRing, *, clock: Clock | None = None, writer: str = "main"
) -> AsyncIterator[Database]:
    """Open the store at a SQLAlchemy URL (`sqlite+aiosqlite:///...`, `postgresql+asyncpg://...`).

    `keys` open its columns with personal data. Several processes may share one store; each then
    needs its own `writer`.
    """
    engine = _engine(url)
    sealing.equip(engine.dialect, keys)
    sqlite = engine.dialect.name == "sqlite"
    try:
        yield Database(
            engine=engine,
            keys=keys,
            clock=clock or SystemClock(),
            writer=writer,
            _reader=engine if sqlite else engine.execution_options(**_ONE_STATE),
            _turn=asyncio.Lock() if sqlite else None,
        )
    finally:
        await engine.dispose()


async def migrate(url: str, keys: KeyRing, *, revision: str = "head") -> None:
    """Bring the store at `url` to the newest form; safe to call from several processes."""
    engine = _engine(url)
    sealing.equip(engine.dialect, keys)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _free_to_rebuild)
    try:
        async with engine.connect() as plain:
            conn = await plain.execution_options(write=True)
            async with conn.begin():
                await lock(conn, [_MIGRATION_LOCK])
                await conn.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


async def lock(conn: AsyncConnection, keys: Iterable[str]) -> None:
    """Hold these names until the transaction ends, taken in one order by everybody.

    On SQLite a write transaction already excludes all others.
    """
    if conn.dialect.name == "sqlite":
        return
    numbers = sorted({_lock_number(key) for key in keys})
    if numbers:
        await conn.execute(_LOCK, {"keys": numbers})


def _lock_number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def _upgrade(conn: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "dialer.store:migrations")
    config.attributes["connection"] = conn
    before = MigrationContext.configure(conn).get_current_revision()
    command.upgrade(config, revision)
    if (
        conn.dialect.name != "sqlite"
        or before == MigrationContext.configure(conn).get_current_revision()
    ):
        return
    if conn.exec_driver_sql("pragma foreign_key_check").first():
        raise RuntimeError("the migration would leave rows without those that they belong to")


def _engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("the case store needs a SQLite file, not memory")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(
            parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"the case store is SQLite or PostgreSQL, not {parsed.drivername}")
    return create_async_engine(
        parsed,
        pool_size=10,
        max_overflow=10,
        connect_args={"max_cacheable_statement_size": 0},  # a statement of any length stays planned
        hide_parameters=True,
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the begin event below starts transactions
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.execute("pragma cache_size = -131072")  # 128 MiB
    cursor.execute("pragma wal_autocheckpoint = 16384")  # 64 MiB
    cursor.close()


def _free_to_rebuild(connection: sqlite3.Connection, _record: object) -> None:
    """Another type of a column means a new table in SQLite: its rows are no orphans meanwhile."""
    cursor = connection.cursor()
    cursor.execute("pragma foreign_keys = off")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("write", False)
    conn.exec_driver_sql("begin immediate" if write else "begin")
