"""The collector's page of a case, and what superiors download."""

from __future__ import annotations

import io
import zipfile

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from dialer.model.circumstance import CircumstanceKind
from dialer.store import circumstances, tables
from dialer.store.accounts import Role
from dialer.store.circumstances import NewCircumstance
from dialer.store.database import Database
from scheduler.clock import ManualClock
from tests.dialer.store.owing import owe, pay
from tests.dialer.store.people import Somebody, add_campaign, add_somebody
from tests.dialer.web.conftest import NOON, LogIn, csrf_of


@pytest.fixture
async def one(db: Database) -> Somebody:
    somebody = await add_somebody(db, campaign=await add_campaign(db))
    await owe(db, somebody)
    people = tables.consumers
    async with db.write() as conn:
        await conn.execute(
            update(people)
            .where(people.c.id == somebody.person)
            .values(id_last4="4321", region="NY", language="en")
        )
    return somebody


async def post(client: httpx.AsyncClient, path: str, page: str, **form: str) -> httpx.Response:
    token = csrf_of((await client.get(page)).text)
    return await client.post(path, data={"csrf_token": token, **form})


async def test_the_page_asks_first_and_shows_what_may_be_said_then(
    log_in: LogIn, one: Somebody, clock: ManualClock
) -> None:
    agent, page = await log_in(Role.AGENT), f"/cases/{one.case}"
    before = (await agent.get(page)).text
    assert "Anybody else: say nothing of a debt" in before
    assert "US-REGF-3P" in before
    assert "US-REGF-MINI" not in before
    assert "$900.00" not in before
    wrong = await post(agent, f"{page}/identity", page, full_name="Olga", id_last4="0")
    assert wrong.status_code == 303
    await clock.advance(1)
    await post(agent, f"{page}/identity", page, full_name="Otto Abendroth", id_last4="4321")
    after = (await agent.get(page)).text
    assert "The person is known" in after
    assert "US-REGF-MINI" in after
    assert "$900.00" in after
    assert "+12125550123" not in after


async def test_a_promise_and_a_note_are_taken_on_the_page(log_in: LogIn, one: Somebody) -> None:
    agent, page = await log_in(Role.AGENT), f"/cases/{one.case}"
    await post(agent, f"{page}/identity", page, full_name="Otto Abendroth", id_last4="4321")
    form = {"currency": "USD", "due_on": "2026-12-01"}
    over = await post(agent, f"{page}/promise", page, amount="900.01", **form)
    assert over.status_code == 409
    assert "is more than the balance" in over.text
    for nonsense in ("ten", "1.005", "-5", "NaN"):
        refused = await post(agent, f"{page}/promise", page, amount=nonsense, **form)
        assert (refused.status_code, "This is not an amount." in refused.text) == (409, True)
    taken = await post(agent, f"{page}/promise", page, amount="200", **form)
    assert taken.status_code == 303
    noted = await post(agent, f"{page}/note", page, text="<b>asks for mornings</b>")
    assert noted.status_code == 303
    shown = (await agent.get(page)).text
    assert "$200.00" in shown
    assert "&lt;b&gt;asks for mornings" in shown
    unsafe = await agent.post(f"{page}/note", data={"text": "without a token"})
    assert unsafe.status_code == 403


async def test_a_number_that_is_not_theirs_any_more_is_marked(
    log_in: LogIn, one: Somebody, db: Database
) -> None:
    agent, page = await log_in(Role.AGENT), f"/cases/{one.case}"
    form = {"contact_point_id": one.point}
    assert (await post(agent, f"{page}/wrong-number", page, **form)).status_code == 303
    assert "wrong since" in (await agent.get(page)).text
    async with db.read() as conn:
        wrong = select(tables.consumer_contact_points.c.wrong_since)
        assert (await conn.execute(wrong)).scalar_one() == NOON


async def test_the_page_speaks_chinese(log_in: LogIn, one: Somebody) -> None:
    agent = await log_in(Role.AGENT)
    shown = await agent.get(f"/cases/{one.case}", headers={"Accept-Language": "zh-CN"})
    assert "话术" in shown.text
    assert "请问您的全名是？" in shown.text


async def test_only_those_who_work_cases_see_the_page(
    log_in: LogIn, one: Somebody, db: Database
) -> None:
    new = NewCircumstance(
        case_id=one.case,
        kind=CircumstanceKind.HARDSHIP,
        body={"text": "fewer hours at work"},
        purpose="a plan",
        by="agent-1",
    )
    await circumstances.record(db, new, now=db.clock.now())
    page = f"/cases/{one.case}"
    assert (await (await log_in(Role.AUDITOR)).get(page)).status_code == 403
    agent, supervisor = await log_in(Role.AGENT), await log_in(Role.SUPERVISOR)
    purpose = {"purpose": "to review the plan"}
    assert "fewer hours" not in (await agent.get(page, params=purpose)).text
    assert "fewer hours" not in (await supervisor.get(page)).text
    assert "fewer hours" in (await supervisor.get(page, params=purpose)).text
    assert (await agent.get("/cases/case-none")).status_code == 404


async def test_a_supervisor_refers_a_case_and_downloads_its_file(
    log_in: LogIn, one: Somebody, db: Database, app: FastAPI
) -> None:
    supervisor, path = await log_in(Role.SUPERVISOR), f"/api/v1/cases/{one.case}"
    ready = (await supervisor.get(f"{path}/legal")).json()
    assert ready["limitation"]["rule_id"] == "US-NY-CPLR214I"
    assert ready["reasons"] == ["agreement is missing", "assignment is missing"]
    token = csrf_of((await supervisor.get(f"/cases/{one.case}")).text)
    headers = {"x-csrf-token": token}
    assert (await supervisor.post(f"{path}/legal", headers=headers)).status_code == 409
    for kind in ("agreement", "assignment"):
        files = {"file": (f"{kind}.pdf", b"%PDF-1.7", "application/pdf")}
        filed = await supervisor.post(
            f"{path}/documents", params={"kind": kind}, files=files, headers=headers
        )
        assert filed.status_code == 201
    opened = await supervisor.post(f"{path}/legal", headers=headers)
    assert opened.status_code == 201
    stage = {"stage": "pre_action_letter", "on": "2026-11-25", "note": "sent"}
    stage["remind_on"] = "2026-12-05"
    moved = await supervisor.post(
        f"/api/v1/legal/{opened.json()['id']}/stages", json=stage, headers=headers
    )
    assert moved.json()["stage"] == "pre_action_letter"
    for day, due in (("2026-12-04", 0), ("2026-12-05", 1)):
        files = await supervisor.get("/api/v1/legal/due", params={"by": day})
        assert len(files.json()) == due
    assert "Legal files to look at" in (await supervisor.get("/reports")).text
    assert (await supervisor.get(f"{path}/legal-file")).status_code == 422  # no purpose
    purpose = {"purpose": "for counsel", "format": "zip"}
    bundle = await supervisor.get(f"{path}/legal-file", params=purpose)
    assert "bundle.pdf" in zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()
    assert (
        "for counsel" in zipfile.ZipFile(io.BytesIO(bundle.content)).read("ledger.jsonl").decode()
    )
    agent = await log_in(Role.AGENT)
    assert (await agent.get(f"{path}/legal-file", params=purpose)).status_code == 403


async def test_figures_of_a_period_for_superiors(
    log_in: LogIn, one: Somebody, db: Database
) -> None:
    await pay(db, one, 5_000)
    supervisor, agent = await log_in(Role.SUPERVISOR), await log_in(Role.AGENT)
    days = {"first": "2026-11-01", "last": "2026-11-30"}
    sheets = (await supervisor.get("/api/v1/reports/period", params=days)).json()
    creditors = next(sheet for sheet in sheets if sheet["name"] == "Creditors")
    assert (
        dict(zip(creditors["header"], creditors["rows"][0], strict=True))["collected_minor"]
        == 5_000
    )
    book = await supervisor.get("/api/v1/reports/period.xlsx", params=days)
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    assert (await agent.get("/api/v1/reports/period", params=days)).status_code == 403
    wrong = {"first": "2026-11-30", "last": "2026-11-01"}
    assert (await supervisor.get("/api/v1/reports/period", params=wrong)).status_code == 409
    handed = (await supervisor.get("/api/v1/reports/hand-over/agent-1")).json()
    assert handed["rows"] == []


async def test_the_reports_page_shows_the_figures_in_both_languages(
    log_in: LogIn, one: Somebody, db: Database
) -> None:
    await pay(db, one, 5_000)
    supervisor, agent = await log_in(Role.SUPERVISOR), await log_in(Role.AGENT)
    shown = await supervisor.get("/reports", params={"first": "2026-11-01", "last": "2026-11-30"})
    assert "$50.00" in shown.text
    assert "Best hours" in shown.text
    chinese = await supervisor.get("/reports", headers={"Accept-Language": "zh-CN"})
    assert "最佳时段" in chinese.text
    assert (await agent.get("/reports")).status_code == 403
