"""A person's own data: all of it is handed out; what may go is erased, and what stays is named."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from compliance.permit import Permit
from dialer.model.erasure import Part
from dialer.reports.subject_export import subject_export
from dialer.store import casework_tables, documents, erasure, notes, reseal, tables
from dialer.store.attempts import Outcome, settle
from dialer.store.database import Database
from dialer.store.documents import NewDocument
from dialer.store.gate import open_gate
from dialer.store.ledger_reader import verify
from dialer.store.notes import NewNote, NoteKind
from dialer.store.person_rows import NobodyThere
from scheduler.clock import ManualClock
from tests.dialer.store.owing import owe
from tests.dialer.store.people import Somebody, add_somebody, call, catalogue

NUMBER = "+12125550123"
YEARS = timedelta(days=366 * 3)


@pytest.fixture
async def one(db: Database) -> Somebody:
    """Somebody who owes, was called, and of whom there are a note and a paper."""
    one = await add_somebody(db, number=NUMBER)
    await owe(db, one)
    async with open_gate(db, catalogue()) as gate:
        permit = await gate.admit(call(one))
    assert isinstance(permit, Permit)
    await settle(db, permit.attempt_id, Outcome(outcome="no_answer", at=db.clock.now()))
    note = NewNote(case_id=one.case, kind=NoteKind.NOTE, text="asks for Otto's wife", by="ada")
    await notes.add(db, note, now=db.clock.now())
    paper = NewDocument(
        case_id=one.case,
        kind=documents.EVIDENCE,
        name="letter of Otto.txt",
        media_type="text/plain",
        content=b"Dear sirs, yours Otto",
        by="ada",
    )
    await documents.add(db, paper, now=db.clock.now())
    return one


async def close(db: Database, one: Somebody) -> None:
    async with db.write() as conn:
        cases = tables.cases
        await conn.execute(
            update(cases).where(cases.c.id == one.case).values(status="closed", notes="Otto again")
        )


async def exported(db: Database, one: Somebody) -> tuple[dict[str, list[dict[str, object]]], str]:
    """The tables of the export, and all of its text."""
    async with db.read() as conn:
        content = await subject_export(conn, one.person, db.clock.now())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    return json.loads(files["person.json"])["tables"], "\n".join(files.values())


async def test_all_that_is_held_is_handed_out_and_nothing_of_others(
    db: Database, one: Somebody
) -> None:
    other = await add_somebody(db, number=NUMBER, point=one.point)
    found, text = await exported(db, one)
    assert found["consumers"][0]["full_name"] == "Otto Abendroth"
    assert found["contact_points"][0]["value"] == NUMBER
    assert {"debts", "attempts", "decisions", "ledger", "case_notes", "documents"} <= set(found)
    assert "asks for Otto's wife" in text
    assert "Dear sirs, yours Otto" in text
    for ident in (other.person, other.case, other.debt):
        assert ident not in text
    with pytest.raises(NobodyThere):
        async with db.read() as conn:
            await subject_export(conn, "person-none", db.clock.now())


async def test_an_open_case_and_a_legal_hold_stop_the_erasure(db: Database, one: Somebody) -> None:
    refused = await erasure.erase(db, one.person, by="ada", purpose="asked", now=db.clock.now())
    assert refused.erased == ()
    assert refused.kept[0].why == f"the case {one.case} is open"
    await close(db, one)
    now = db.clock.now()
    async with db.write() as conn:
        file = {
            "id": "legal-1",
            "case_id": one.case,
            "consumer_id": one.person,
            "stage": "filed",
            "rule_id": "R",
            "last_day": now.date(),
            "counted_from": now.date(),
            "because": "due",
            "opened_at": now,
        }
        await conn.execute(casework_tables.legal_files.insert().values(file))
    held = await erasure.erase(db, one.person, by="ada", purpose="asked", now=now)
    assert (held.erased, held.kept[0].why) == ((), "legal hold: legal-1")
    _, text = await exported(db, one)
    assert "Otto Abendroth" in text


async def test_who_it_was_goes_at_once_and_the_papers_when_their_duty_ends(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    await close(db, one)
    done = await erasure.erase(db, one.person, by="ada", purpose="asked", now=db.clock.now())
    assert done.erased == (Part.IDENTITY, Part.WORDS)
    papers = done.kept[0]
    assert (papers.what, papers.why) == (Part.PAPERS, "US-REGF-RET3")
    assert papers.until is not None
    assert papers.until.isoformat() == "2029-11-24"
    found, text = await exported(db, one)
    assert "Dear sirs, yours Otto" in text
    del found["documents"]
    rest = json.dumps(found)
    for plain in ("Otto", "Abendroth", "5550123", "wife", '"4321"'):
        assert plain not in rest, plain
    assert len(found["decisions"]) == len(found["attempts"]) == 1
    assert (await verify(db)).broken is None
    async with db.read() as conn:
        points = tables.contact_points
        by_number = select(points.c.id).where(points.c.value_key == NUMBER)
        assert (await conn.execute(by_number)).all() == []

    await clock.advance(YEARS.total_seconds())
    later = await erasure.erase(db, one.person, by="ada", purpose="asked", now=db.clock.now())
    assert later.erased == tuple(Part)
    _, text = await exported(db, one)
    assert "Otto" not in text
    async with db.read() as conn:
        kinds = select(func.count()).where(tables.ledger.c.kind == "erasure")
        assert (await conn.execute(kinds)).scalar_one() == 2
    assert (await verify(db)).broken is None


async def test_a_number_that_others_share_stays_theirs(db: Database, one: Somebody) -> None:
    other = await add_somebody(db, number=NUMBER, point=one.point)
    await close(db, one)
    await erasure.erase(db, one.person, by="ada", purpose="asked", now=db.clock.now())
    links = tables.consumer_contact_points
    async with db.read() as conn:
        query = (
            select(links.c.consumer_id, tables.contact_points.c.value)
            .join(tables.contact_points)
            .where(links.c.contact_point_id == one.point)
        )
        assert (await conn.execute(query)).all() == [(other.person, NUMBER)]


def test_every_sealed_column_has_its_erasure() -> None:
    emptied = {
        f"{table.name}.{column}"
        for part in erasure.EMPTIED.values()
        for table, values in part.items()
        for column in values
    }
    sealed = {
        f"{table.name}.{column.name}"
        for table, columns in reseal.sealed_columns().items()
        for column in columns
    }
    apart = {"contact_points.value", "consumer_contact_points.raw"}  # by `_points`
    ours = {"report_schedules.recipients", "report_runs.delivered"}  # of our own people
    assert sealed - emptied == apart | ours
