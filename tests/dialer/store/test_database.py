"""Migrations give the tables that the code expects; transactions keep or lose all they wrote."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from dialer.store import tables
from dialer.store.database import Database, migrate, open_database
from tests.keys import KEYS


def consumer(ident: str, **more: object) -> dict[str, object]:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return {
        "id": ident,
        "full_name": "Marisol Quenneville",
        "name_key": "marisol quenneville",
        "created_at": now,
        "updated_at": now,
        **more,
    }


def differences(conn: Connection) -> list[object]:
    context = MigrationContext.configure(conn, opts={"compare_server_default": True})
    known = tables.metadata.tables
    return [
        found
        for found in compare_metadata(context, tables.metadata)
        if not (found[0] == "remove_table" and found[1].name not in known)
        and not (found[0] == "remove_index" and found[1].table.name not in known)
    ]


async def test_migrations_make_the_tables_of_the_code(db: Database) -> None:
    async with db.read() as conn:
        assert await conn.run_sync(differences) == []


async def test_a_second_migration_changes_nothing(db: Database, store_url: str) -> None:
    async with db.write() as conn:
        await conn.execute(insert(tables.consumers), consumer("person_1"))
    await asyncio.gather(migrate(store_url, KEYS), migrate(store_url, KEYS))
    async with db.read() as conn:
        assert (await conn.execute(select(tables.consumers.c.id))).scalars().all() == ["person_1"]


async def test_instants_come_back_in_utc_to_the_microsecond(db: Database) -> None:
    at = datetime(2026, 3, 8, 1, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-5)))
    async with db.write() as conn:
        await conn.execute(insert(tables.consumers), consumer("person_1", history_known_from=at))
    async with db.read() as conn:
        back = (await conn.execute(select(tables.consumers.c.history_known_from))).scalar_one()
    assert back == at
    assert back.tzinfo is UTC


async def test_a_naive_datetime_is_refused(db: Database) -> None:
    row = consumer("person_1", history_known_from=datetime.fromisoformat("2026-03-08"))
    with pytest.raises(StatementError, match="has no time zone"):
        async with db.write() as conn:
            await conn.execute(insert(tables.consumers), row)


async def test_a_failed_block_keeps_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.write() as conn:
            await conn.execute(insert(tables.consumers), consumer("person_1"))
            raise ZeroDivisionError
    async with db.read() as conn:
        assert (await conn.execute(select(tables.consumers.c.id))).all() == []


async def test_a_row_without_its_person_is_refused(db: Database) -> None:
    now = db.clock.now()
    row = {"id": "c", "case_ref": "A-1", "consumer_id": "nobody", "created_at": now}
    with pytest.raises(IntegrityError):
        async with db.write() as conn:
            await conn.execute(insert(tables.cases), {**row, "updated_at": now})


async def test_writers_of_several_handles_take_turns(db: Database, store_url: str) -> None:
    async def write(handle: Database, start: int) -> None:
        for number in range(start, start + 10):
            async with handle.write() as conn:
                await conn.execute(insert(tables.consumers), consumer(f"person_{number}"))

    async with open_database(store_url, KEYS, clock=db.clock) as other:
        await asyncio.gather(write(db, 0), write(other, 100))
    async with db.read() as conn:
        assert len((await conn.execute(select(tables.consumers.c.id))).all()) == 20


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "mysql://host/base"])
async def test_a_store_that_cannot_be_durable_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the case store"):
        async with open_database(url, KEYS):
            pass
