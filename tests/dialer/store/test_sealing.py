"""Personal data is ciphertext at rest, is found by its blind index, and outlives its keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dialer.model.contact_point import PointKind
from dialer.store import reseal, tables
from dialer.store.database import Database, migrate, open_database
from dialer.store.fact_rows import point_row
from dialer.store.sealing import SealBroken
from recordings.keys import KeyRing, UnknownKey, new_key, new_key_ring
from tests.dialer.store.people import add_somebody
from tests.keys import KEYS

NAME = "Otto Abendroth"
NUMBER = "+12125550123"
NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)


async def everything(db: Database) -> str:
    """All that a thief of the database would read."""
    read = []
    async with db.read() as conn:
        for table in tables.metadata.sorted_tables:
            rows = await conn.exec_driver_sql(f"select * from {table.name}")
            read += [str(tuple(row)) for row in rows]
    return "\n".join(read)


async def test_names_and_numbers_cannot_be_read_in_the_store(db: Database) -> None:
    await add_somebody(db)
    kept = await everything(db)
    assert "person" in kept
    for plain in (NAME, NAME.casefold(), "Abendroth", NUMBER, NUMBER[1:]):
        assert plain not in kept


async def test_a_number_is_found_by_its_value(db: Database) -> None:
    one = await add_somebody(db)
    points = tables.contact_points
    async with db.read() as conn:
        query = select(points.c.id, points.c.value).where(points.c.value_key.in_([NUMBER, "+1"]))
        assert (await conn.execute(query)).one() == (one.point, NUMBER)


async def test_a_number_is_there_once_however_it_is_sealed(db: Database) -> None:
    await add_somebody(db)
    row = point_row("point_2", PointKind.PHONE, NUMBER, now=NOW)
    with pytest.raises(DBAPIError):
        async with db.write() as conn:
            await conn.execute(insert(tables.contact_points), row)


async def test_equal_values_are_told_apart_at_rest(db: Database) -> None:
    await add_somebody(db)
    await add_somebody(db, number="+12125550124")
    async with db.read() as conn:
        sealed = await conn.exec_driver_sql("select full_name from consumers")
        assert len({row[0] for row in sealed}) == 2


async def test_a_value_opens_in_its_own_column_only(db: Database) -> None:
    await add_somebody(db)
    async with db.write() as conn:
        await conn.exec_driver_sql("update consumers set city = full_name")
    async with db.read() as conn:
        with pytest.raises(SealBroken, match="of consumers"):
            (await conn.execute(select(tables.consumers.c.city))).all()


@pytest.mark.parametrize("spoilt", ["test:AAAA", "test:?", "plain text"])
async def test_what_was_not_sealed_is_not_believed(db: Database, spoilt: str) -> None:
    await add_somebody(db)
    async with db.write() as conn:
        await conn.execute(text("update consumers set full_name = :it"), {"it": spoilt})
    async with db.read() as conn:
        with pytest.raises((SealBroken, UnknownKey)):
            (await conn.execute(select(tables.consumers.c.full_name))).all()


async def test_another_ring_reads_nothing_and_finds_nothing(db: Database, store_url: str) -> None:
    await add_somebody(db)
    points = tables.contact_points
    async with open_database(store_url, new_key_ring()) as other, other.read() as conn:
        with pytest.raises(UnknownKey):
            (await conn.execute(select(points.c.value))).all()
        query = select(points.c.id).where(points.c.value_key == NUMBER)
        assert (await conn.execute(query)).all() == []


class Stopped(Exception):
    pass


async def test_sealing_anew_may_be_stopped_and_goes_on(
    db: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "BATCH", 2)
    for last in range(5):
        await add_somebody(db, number=f"+1212555012{last}")
    newer = KeyRing([KEYS.newest, new_key()], KEYS.index)
    async with open_database(store_url, newer) as rotated:

        def stop(table: str, rows: int) -> None:
            raise Stopped

        with pytest.raises(Stopped):
            await reseal.reseal(rotated, stop)
        told: list[tuple[str, int]] = []
        await reseal.reseal(rotated, lambda table, rows: told.append((table, rows)))
        assert [pair for pair in told if pair[0] == "consumers"] == [
            ("consumers", 2),
            ("consumers", 1),
        ]
        assert await reseal.reseal(rotated, stop) == 0
        async with rotated.read() as conn:
            left = await reseal.values_by_key(conn)
            names = (await conn.execute(select(tables.consumers.c.full_name))).scalars().all()
    assert left[KEYS.newest.key_id] == 0
    assert left[newer.newest.key_id] > 0
    assert names == [NAME] * 5


async def test_every_sealed_column_names_itself() -> None:
    for table, columns in reseal.sealed_columns().items():
        for column in columns:
            kind: Any = column.type
            assert kind.name == f"{table.name}.{column.name}"


PLAIN = (
    "insert into consumers (id, full_name, name_key, city, created_at, updated_at) values "
    "('person_1', 'Otto  Abendroth', 'otto abendroth', 'Albany', :now, :now)",
    "insert into contact_points (id, kind, value, created_at) values "
    "('point_1', 'phone', '+12125550123', :now)",
    "insert into consumer_contact_points (consumer_id, contact_point_id, raw, created_at) values "
    "('person_1', 'point_1', '(212) 555-0123', :now)",
    "insert into circumstances (id, consumer_id, kind, sensitive, body, purpose, by, recorded_at) "
    "values ('c_1', 'person_1', 'hardship', true, '{\"reason\": \"illness\"}', 'plan', 'a', :now)",
    "insert into cases (id, case_ref, consumer_id, notes, created_at, updated_at) values "
    "('case_1', 'A-1', 'person_1', 'rings twice', :now, :now)",
    "insert into legal_files (id, case_id, consumer_id, stage, rule_id, last_day, counted_from, "
    "because, opened_at) values "
    "('f_1', 'case_1', 'person_1', 'filed', 'R', '2027-01-01', '2026-01-01', 'due', :now)",
    'insert into legal_steps (legal_file_id, number, stage, "on", note, by, at) values '
    "('f_1', 1, 'filed', '2026-11-24', 'at the court', 'a', :now)",
    "insert into documents (id, case_id, consumer_id, kind, name, media_type, sha256, content, "
    "by, added_at) values "
    "('d_1', 'case_1', 'person_1', 'evidence', 'letter.txt', 'text/plain', 'x', :content, 'a', "
    ":now)",
)


async def test_a_store_with_plain_rows_is_sealed_by_its_migration(bare_url: str) -> None:
    await migrate(bare_url, KEYS, revision="0007")
    async with open_database(bare_url, KEYS) as db:
        naive = db.engine.dialect.name == "sqlite"
        values = {"now": "2026-11-24 17:00:00" if naive else NOW, "content": b"Dear sirs"}
        async with db.write() as conn:
            for statement in PLAIN:
                named = {name: values[name] for name in values if f":{name}" in statement}
                await conn.execute(text(statement), named)
    await migrate(bare_url, KEYS)
    async with open_database(bare_url, KEYS) as db:
        kept = await everything(db)
        async with db.read() as conn:
            person = (await conn.execute(select(tables.consumers))).one()
            found = await conn.execute(
                select(tables.name_words.c.consumer_id).where(
                    tables.name_words.c.word == "abendroth"
                )
            )
            assert found.scalars().all() == ["person_1"]
            owned = tables.consumer_contact_points
            points = tables.contact_points
            query = (
                select(owned.c.raw)
                .join(points, points.c.id == owned.c.contact_point_id)
                .where(points.c.value_key == NUMBER)
            )
            assert (await conn.execute(query)).scalars().all() == ["(212) 555-0123"]
            for table, column, plain in (
                ("circumstances", "body", {"reason": "illness"}),
                ("cases", "notes", "rings twice"),
                ("legal_steps", "note", "at the court"),
                ("documents", "name", "letter.txt"),
                ("documents", "content", b"Dear sirs"),
            ):
                value = select(tables.metadata.tables[table].c[column])
                assert (await conn.execute(value)).scalars().all() == [plain]
        with pytest.raises(DBAPIError):
            async with db.write() as conn:
                await conn.execute(
                    update(owned).values(contact_point_id="of nobody")
                )  # the tables still know whom their rows belong to
    assert (person.full_name, person.city) == ("Otto  Abendroth", "Albany")
    for plain in ("Abendroth", "Albany", "5550123", "555-0123", "illness", "twice", "Dear"):
        assert plain not in kept
