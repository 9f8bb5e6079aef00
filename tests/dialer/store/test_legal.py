"""Going to law: only with a full file, in time; then everything is kept, and can be shown."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
import zlib
from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import insert, select

from dialer.casework.legal_file import LimitationRule, Stage
from dialer.model.case import CaseStatus
from dialer.reports.legal_bundle import as_pdf, as_zip, collect
from dialer.store import documents, legal, tables
from dialer.store.database import Database
from dialer.store.documents import NewDocument
from dialer.store.legal import LegalFile, LegalStep, ReferralRefused, WrongStage
from tests.dialer.store.owing import TUESDAY, US, ask_gate, case, in_ledger, owe, pay
from tests.dialer.store.people import Somebody, add_somebody

NEW_YORK = US.limitation_in("NY")
assert NEW_YORK is not None


async def refer(
    db: Database, one: Somebody, rule: LimitationRule | None = NEW_YORK
) -> LegalFile | ReferralRefused:
    return await legal.refer(db, one.case, US.required, rule, by="sup-1", now=db.clock.now())


async def file_paper(db: Database, one: Somebody, kind: str, name: str = "paper.txt") -> None:
    new = NewDocument(
        case_id=one.case,
        kind=kind,
        name=name,
        media_type="text/plain",
        content=f"{kind} of the account".encode(),
        by="sup-1",
    )
    await documents.add(db, new, now=db.clock.now())


async def referred(db: Database, one: Somebody) -> LegalFile:
    for kind in ("agreement", "assignment"):
        await file_paper(db, one, kind)
    file = await refer(db, one)
    assert isinstance(file, LegalFile), file.reasons
    return file


async def recording(db: Database, one: Somebody) -> None:
    decision = await ask_gate(db, one)
    async with db.write() as conn:
        await conn.execute(
            insert(tables.recordings),
            {
                "name": f"{decision.attempt_id}.wav",
                "attempt_id": decision.attempt_id,
                "consumer_id": one.person,
                "sha256": "a" * 64,
                "bytes": 10,
                "duration_ms": 1_000,
                "key_id": "k1",
                "sealed_at": db.clock.now(),
                "state": "sealed",
            },
        )


async def test_a_referral_names_all_that_is_against_it(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    refused = await refer(db, one, None)
    assert isinstance(refused, ReferralRefused)
    assert refused.reasons == (
        "agreement is missing",
        "assignment is missing",
        "the limitation date is not known",
    )
    await owe(db, one, days_past_due=365 * 3 + 10)
    barred = await refer(db, one)
    assert isinstance(barred, ReferralRefused)
    assert any("barred by time" in reason for reason in barred.reasons)


async def test_a_file_goes_stage_by_stage_while_all_is_kept(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await recording(db, one)
    file = await referred(db, one)
    assert file.limitation.last_day == date(2029, 10, 15)
    assert (await case(db, one)).status is CaseStatus.PAUSED
    again = await refer(db, one)
    assert isinstance(again, ReferralRefused)
    assert again.reasons == ("a legal file is open",)

    async def step(stage: Stage, days: int, remind: int | None = None) -> LegalFile:
        on = TUESDAY + timedelta(days=days)
        remind_on = None if remind is None else on + timedelta(days=remind)
        new = LegalStep(stage=stage, on=on, remind_on=remind_on, note="sent", by="sup-1")
        return await legal.move(db, file.id, new, now=db.clock.now())

    with pytest.raises(WrongStage):
        await step(Stage.JUDGMENT, 1)
    await step(Stage.PRE_ACTION_LETTER, 1, remind=30)
    async with db.read() as conn:
        assert await legal.to_look_at(conn, TUESDAY + timedelta(days=30)) == []
        assert len(await legal.to_look_at(conn, TUESDAY + timedelta(days=31))) == 1
        held = (await conn.execute(select(tables.recordings.c.legal_hold))).scalar_one()
        assert held
    with pytest.raises(WrongStage, match="after"):
        await step(Stage.FILED, 0)
    closed = await step(Stage.CLOSED, 2)
    assert [entry.stage for entry in closed.steps] == [
        Stage.REFERRED,
        Stage.PRE_ACTION_LETTER,
        Stage.CLOSED,
    ]
    async with db.read() as conn:
        held = (await conn.execute(select(tables.recordings.c.legal_hold))).scalar_one()
        assert not held
    assert (await case(db, one)).status is CaseStatus.OPEN
    assert "legal.closed" in await in_ledger(db, one)


async def test_the_zip_holds_every_paper_with_its_digest(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await pay(db, one, 5_000, ref="=1+1")
    await recording(db, one)
    await file_paper(db, one, "identity", "../../身份证.txt")
    await referred(db, one)
    async with db.read() as conn:
        bundle = await collect(conn, one.case, now=db.clock.now())
    archive = zipfile.ZipFile(io.BytesIO(as_zip(bundle)))
    index = json.loads(archive.read("index.json"))
    assert {entry["name"] for entry in index["files"]} == set(archive.namelist()) - {"index.json"}
    for entry in index["files"]:
        assert sha256(archive.read(entry["name"])).hexdigest() == entry["sha256"]
        assert ".." not in entry["name"]
    statement = archive.read("papers/statement_of_account.csv").decode("utf-8-sig")
    assert "payment =1+1, principal" in statement
    custody = [json.loads(line) for line in archive.read("ledger.jsonl").splitlines()]
    assert [entry["kind"] for entry in custody] == await in_ledger(db, one)


def shown(pdf: bytes) -> str:
    """The Latin text of a PDF of ours."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    pages = [
        zlib.decompress(base64.a85decode(stream.strip(), adobe=False))
        for stream in (stream.strip().removesuffix(b"~>") for stream in streams)
    ]
    return "\n".join(page.decode("latin-1") for page in pages)


async def test_the_pdf_has_an_index_and_every_paper(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await file_paper(db, one, "identity", "身份证.txt")
    await referred(db, one)
    async with db.read() as conn:
        bundle = await collect(conn, one.case, now=db.clock.now())
    content = as_pdf(bundle)
    assert content.startswith(b"%PDF-")
    assert content == as_pdf(bundle)
    assert b"STSong-Light" in content
    text = shown(content)
    for words in ("Otto Abendroth", "Statement of account", "legal.referred", "US-NY-CPLR214I"):
        assert words in text
    assert text.count("(Chain of custody)") == 2  # in the index, and where it is
