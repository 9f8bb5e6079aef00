"""A person's own data on the console: handed out, erased with a confirmation, every look listed."""

from __future__ import annotations

import io
import zipfile

from fastapi import FastAPI
from sqlalchemy import insert, update

from dialer.store import recordings, tables
from dialer.store.accounts import Role
from dialer.store.database import Database
from recordings.vault import SealedRecording
from tests.dialer.web.conftest import LogIn, csrf_of

PERSON = "consumer_0000"
NAME = "Marisol Quickwater"
PAGE = f"/people/{PERSON}/data"


async def test_an_auditor_takes_all_that_is_held_and_the_look_is_listed(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database
) -> None:
    auditor = await log_in(Role.AUDITOR)
    token = csrf_of((await auditor.get(PAGE)).text)
    form = {"csrf_token": token, "purpose": "her request of today"}
    taken = await auditor.post(f"{PAGE}/export", data=form)
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert NAME in archive.read("person.json").decode()
    audio = SealedRecording(
        name="rec-1",
        sha256="0" * 64,
        bytes=1,
        duration_s=1.0,
        sealed_at=db.clock.now(),
        key_id="k",
    )
    call = {"id": "in-1", "at": db.clock.now(), "worker": "w", "matched": "number"}
    more = {"consumer_id": PERSON, "outcome": "message", "todo": "open", "duties": {}}
    async with db.write() as conn:
        await conn.execute(insert(tables.inbound_calls), {**call, **more})
    await recordings.keep(db, audio, call_id="in-1")
    await recordings.note_access(db, "rec-1", by="morgan", purpose="a complaint")
    await app.state.looks.written()
    page = (await auditor.get(PAGE)).text
    assert "her request of today" in page
    assert "rec-1" in page
    assert "a complaint" in page
    supervisor = await log_in(Role.SUPERVISOR)
    token = csrf_of((await supervisor.get(PAGE)).text)
    refused = await supervisor.post(f"{PAGE}/export", data={**form, "csrf_token": token})
    assert refused.status_code == 403


async def test_a_supervisor_erases_who_it_was_after_the_id_was_typed(
    log_in: LogIn, work: dict[str, str], db: Database
) -> None:
    supervisor, auditor = await log_in(Role.SUPERVISOR), await log_in(Role.AUDITOR)
    assert "is open" in (await supervisor.get(PAGE)).text
    async with db.write() as conn:
        cases = tables.cases
        await conn.execute(
            update(cases).where(cases.c.consumer_id == PERSON).values(status="closed")
        )
    page = (await supervisor.get(PAGE)).text
    form = {"csrf_token": csrf_of(page), "purpose": "her request of today"}
    wrong = await supervisor.post(f"{PAGE}/erase", data={**form, "confirm": "yes"})
    assert wrong.status_code == 409
    assert NAME in (await supervisor.get(f"/people/{PERSON}")).text
    done = await supervisor.post(f"{PAGE}/erase", data={**form, "confirm": PERSON})
    assert done.status_code == 303
    assert NAME not in (await supervisor.get(f"/people/{PERSON}")).text
    assert PERSON not in (await auditor.get("/people", params={"q": NAME})).text
    token = csrf_of((await auditor.get(PAGE)).text)
    forbidden = await auditor.post(
        f"{PAGE}/erase", data={**form, "csrf_token": token, "confirm": PERSON}
    )
    assert forbidden.status_code == 403
