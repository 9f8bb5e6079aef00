"""The ledger: any edit, deletion, change of order or cut tail is found, also in an export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from dialer.store import attempts, ledger_reader, tables
from dialer.store.attempts import Outcome
from dialer.store.database import Database, open_database
from dialer.store.gate import open_gate
from dialer.store.ledger_root import record_root
from dialer.store.ledger_writer import Draft, append
from tests.dialer.store.people import add_somebody, call, catalogue
from tests.keys import KEYS


@pytest.fixture
async def filled(db: Database) -> Database:
    """A store with ten entries, one of them a decision and one an outcome."""
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        permit = await gate.admit(call(one))
    await attempts.settle(db, permit.attempt_id, Outcome(outcome="busy", at=db.clock.now()))
    async with db.write() as conn:
        await append(db, conn, [Draft(kind="test", body={"n": n}) for n in range(8)])
    return db


async def tamper(db: Database, *statements: str) -> None:
    async with db.write() as conn:
        for statement in statements:
            await conn.exec_driver_sql(statement)


async def test_an_untouched_ledger_holds(filled: Database) -> None:
    verified = await ledger_reader.verify(filled)
    assert (verified.entries, verified.streams, verified.broken) == (10, 1, None)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("update ledger set body = '{\"n\":9}' where seq = 5", 5),
        ("update ledger set kind = 'other' where seq = 4", 4),
        ("delete from ledger where seq = 6", 7),
        ("delete from ledger where seq > 8", 9),
        ("delete from ledger", 1),
    ],
)
async def test_edits_and_deletions_are_found(filled: Database, statement: str, seq: int) -> None:
    await tamper(filled, statement)
    broken = (await ledger_reader.verify(filled)).broken
    assert broken is not None
    assert (broken.stream, broken.seq) == ("main", seq)


async def test_a_change_of_order_is_found(filled: Database) -> None:
    await tamper(
        filled,
        "update ledger set seq = 99 where seq = 4",
        "update ledger set seq = 4 where seq = 5",
        "update ledger set seq = 5 where seq = 99",
    )
    broken = (await ledger_reader.verify(filled)).broken
    assert broken is not None
    assert broken.seq == 4


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update decisions set record = replace(record, 'main', 'x') || ' '", "was changed"),
        ("update decisions set rules = '[\"US-REGF-HOURS\"]'", "was changed"),
        ("update attempts set outcome = 'no_answer'", "the ledger says busy"),
    ],
)
async def test_rows_that_contradict_the_ledger_are_found(
    filled: Database, statement: str, told: str
) -> None:
    await tamper(filled, statement)
    broken = (await ledger_reader.verify(filled)).broken
    assert broken is not None
    assert told in broken.reason


async def test_an_export_verifies_with_no_database(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert await ledger_reader.export(filled, path) == 10
    verified = ledger_reader.verify_file(path)
    assert (verified.entries, verified.broken) == (10, None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:4] + lines[5:],
        lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
        lambda lines: [*lines[:2], lines[2].replace('"test"', '"rest"'), *lines[3:]],
        lambda lines: lines[:-1],
        lambda lines: lines[:-3] + lines[-1:],
        lambda lines: [*lines[:5], "{", *lines[6:]],
        lambda lines: [],
    ],
    ids=["deleted", "reordered", "edited", "no heads", "cut tail", "no entry", "empty"],
)
async def test_a_spoilt_export_is_found(filled: Database, tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "ledger.jsonl"
    await ledger_reader.export(filled, path)
    assert callable(spoil)
    path.write_text("\n".join(spoil(path.read_text("utf-8").splitlines())), "utf-8")
    assert ledger_reader.verify_file(path).broken is not None


async def test_an_export_names_nobody(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    await ledger_reader.export(filled, path)
    told = path.read_text("utf-8")
    assert "Abendroth" not in told
    assert "2125550123" not in told
    assert json.loads(told.splitlines()[0])["kind"] == "decision"


async def test_the_root_binds_all_streams(filled: Database, store_url: str) -> None:
    async with open_database(store_url, KEYS, clock=filled.clock, writer="other") as other:
        first = await record_root(other)
        second = await record_root(other)
    assert first != second
    async with filled.read() as conn:
        query = select(tables.ledger.c.body).where(tables.ledger.c.kind == "root")
        bodies = [json.loads(body) for body in (await conn.execute(query)).scalars()]
    assert [body["root"] for body in bodies] == [first, second]
    assert [body["size"] for body in bodies] == [10, 1]
    assert bodies[1]["after"] == {"main": 10}
    assert bodies[1]["heads"] == {"main": 10, "other": 1}
    verified = await ledger_reader.verify(filled)
    assert (verified.streams, verified.broken) == (2, None)
