"""Case work by the API: a talk from the first question to the plan; who may, and who may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from dialer.model.campaign_settings import CampaignSettings
from dialer.store import campaigns, tables
from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from dialer.store.identity import FIRST_IDENTITY, OR_A_CLAIM
from scheduler.clock import ManualClock
from tests.dialer.store.owing import owe
from tests.dialer.store.people import Somebody, add_campaign, add_somebody
from tests.dialer.web.conftest import LogIn, client_of, csrf_of

Api = dict[Role, httpx.AsyncClient]


@pytest.fixture
async def api(app: FastAPI, db: Database) -> AsyncIterator[Api]:
    clients = {}
    async with db.write() as conn:
        for role in Role:
            token = await create_token(conn, name=role, role=role, now=db.clock.now())
            client = client_of(app)
            client.headers.update(
                {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            )
            clients[role] = client
    yield clients
    for client in clients.values():
        await client.aclose()


@pytest.fixture
async def one(db: Database) -> Somebody:
    campaign = await add_campaign(db)
    somebody = await add_somebody(db, campaign=campaign)
    await owe(db, somebody)
    people = tables.consumers
    async with db.write() as conn:
        await conn.execute(
            update(people)
            .where(people.c.id == somebody.person)
            .values(id_last4="4321", postal_code="10001")
        )
    return somebody


async def test_nothing_of_the_debt_is_said_before_the_person_is_known(
    api: Api, one: Somebody, db: Database, clock: ManualClock
) -> None:
    agent = api[Role.AGENT]
    path = f"/api/v1/cases/{one.case}"
    script = (await agent.get(f"{path}/script")).json()
    assert [line["kind"] for line in script][-1] == "not_the_person"
    assert [line["name"] for line in script if line["kind"] == "question"] == [
        "full_name",
        "id_last4",
        "postal_code",
    ]
    assert not any(line["name"] in ("mini_miranda", "debt") for line in script)

    wrong = {"answers": {"full_name": "Otto Abendroth", "id_last4": "0000"}}
    answer = (await agent.post(f"{path}/identity", json=wrong)).json()
    assert answer == {"verified": False, "right": 1, "needed": 2}
    await clock.advance(1)
    right = {"answers": {"full_name": "otto  abendroth", "postal_code": "100-01"}}
    assert (await agent.post(f"{path}/identity", json=right)).json()["verified"]
    script = (await agent.get(f"{path}/script")).json()
    assert [line["kind"] for line in script][-1] == "may_speak"
    assert "mini_miranda" in [line["name"] for line in script]
    # Another agent has not heard the answers, and after the talk nobody has.
    supervisor = (await api[Role.SUPERVISOR].get(f"{path}/script")).json()
    assert supervisor[-1]["kind"] == "not_the_person"
    await clock.advance(31 * 60)
    assert (await agent.get(f"{path}/script")).json()[-1]["kind"] == "not_the_person"
    async with db.read() as conn:
        everything = str((await conn.execute(select(tables.ledger.c.body))).all())
    assert "4321" not in everything
    assert "10001" not in everything


async def spoken_with(client: httpx.AsyncClient, one: Somebody) -> None:
    """The client's agent has the consumer on the line, and knows it."""
    right = {"answers": {"full_name": "Otto Abendroth", "id_last4": "4321"}}
    checked = await client.post(f"/api/v1/cases/{one.case}/identity", json=right)
    assert checked.json()["verified"]


async def test_the_debt_is_shown_to_who_knows_the_consumer_or_says_what_for(
    api: Api, one: Somebody, app: FastAPI, db: Database
) -> None:
    agent, supervisor = api[Role.AGENT], api[Role.SUPERVISOR]
    path = f"/api/v1/cases/{one.case}"
    promise = {"amount_minor": 5_000, "currency": "USD", "due_on": "2026-11-30"}
    assert (await api[Role.AGENT].post(f"{path}/notes", json={"text": "owes 900"})).is_success
    for client, purpose in ((agent, "curious"), (supervisor, None)):
        view = (await client.get(path, params={"purpose": purpose} if purpose else {})).json()
        assert (view["full_name"], view["debt_shown"]) == ("Otto Abendroth", False)
        told = ("debts", "history", "payments", "promises", "plans", "disputes", "notes")
        assert not any(view[part] for part in told)
        assert view["creditor"] is None
    assert (await agent.post(f"{path}/promises", json=promise)).status_code == 409
    reviewed = (await supervisor.get(path, params={"purpose": "to review the plan"})).json()
    assert reviewed["debts"][0]["balance_minor"] == 90_000
    await spoken_with(agent, one)
    assert (await agent.get(path)).json()["debts"][0]["balance_minor"] == 90_000
    await app.state.looks.written()
    async with db.read() as conn:
        ledger = tables.ledger
        found = await conn.execute(select(ledger.c.body).where(ledger.c.kind == "audit.looked"))
        looks = [json.loads(body) for body in found.scalars()]
    asked = [(look["by"], look["purpose"], look["debt"]) for look in looks if "debt" in look]
    assert [purpose for _, purpose, shown in asked if shown] == [
        "to review the plan",
        "talk with the consumer",
    ]
    assert [purpose for _, purpose, shown in asked if not shown] == [
        "curious",
        "before the identity is checked",
    ]


async def test_guessing_ends(api: Api, one: Somebody) -> None:
    path = f"/api/v1/cases/{one.case}/identity"
    for _ in range(3):
        assert (await api[Role.AGENT].post(path, json={"answers": {"id_last4": "1"}})).is_success
    right = {"answers": {"full_name": "Otto Abendroth", "id_last4": "4321"}}
    assert (await api[Role.AGENT].post(path, json=right)).status_code == 409


async def test_from_hardship_to_a_plan_that_is_paid(api: Api, one: Somebody) -> None:
    agent, path = api[Role.AGENT], f"/api/v1/cases/{one.case}"
    await spoken_with(agent, one)
    for body in (
        {"kind": "income", "body": {"label": "wages", "amount_minor": 300_000}},
        {"kind": "outgoing", "body": {"label": "rent", "amount_minor": 100_000}},
        {"kind": "household", "body": {"adults": 1, "children": 0}},
        {"kind": "hardship", "body": {"text": "fewer hours at work"}},
    ):
        sent = await agent.post(f"{path}/circumstances", json={**body, "purpose": "a plan"})
        assert sent.status_code == 201, sent.text
    wish = {"debt_id": one.debt, "instalments": 24, "first_due_on": "2026-12-15"}
    too_long = await agent.post(f"{path}/plans", json=wish)
    assert too_long.status_code == 409
    assert "24 months are more than 12" in too_long.json()["detail"]
    offered = await api[Role.SUPERVISOR].post(f"{path}/plans", json=wish)
    assert offered.status_code == 201
    plan = offered.json()
    accepted = await agent.post(
        f"/api/v1/plans/{plan['id']}/accept",
        json={"agreement_sha256": plan["agreement_sha256"], "how": "call"},
    )
    assert accepted.json()["state"] == "agreed"
    paid = await api[Role.ADMINISTRATOR].post(
        "/api/v1/payments",
        json={
            "payment_ref": "P-1",
            "case_id": one.case,
            "amount_minor": 3_750,
            "currency": "USD",
            "received_on": "2026-11-24",
        },
    )
    assert paid.status_code == 201
    view = (await agent.get(path)).json()
    assert view["plans"][0]["progress"]["paid_minor"] == 3_750
    assert view["debts"][0]["balance_minor"] == 86_250
    assert view["debts"][0]["bucket"] == "M2"
    assert view["ability"]["affordable_minor"] == 72_000
    settle = await agent.get(f"/api/v1/plans/{plan['id']}/settlement")
    assert settle.json()["amount_minor"] == 86_250


async def test_what_is_sensitive_needs_a_role_and_a_purpose(
    api: Api, one: Somebody, app: FastAPI, db: Database
) -> None:
    path = f"/api/v1/cases/{one.case}"
    told = {"kind": "hardship", "body": {"text": "ill"}, "purpose": "to find a plan"}
    await api[Role.AGENT].post(f"{path}/circumstances", json=told)

    async def seen(role: Role, **query: str) -> object:
        view = (await api[role].get(path, params=query)).json()
        return view["circumstances"][0]["body"] if view["circumstances"] else None

    await spoken_with(api[Role.AGENT], one)
    assert await seen(Role.AGENT, purpose="to help") is None
    assert await seen(Role.SUPERVISOR) is None
    assert await seen(Role.SUPERVISOR, purpose="to review the plan") == {"text": "ill"}
    await app.state.looks.written()
    async with db.read() as conn:
        kind = tables.ledger.c.kind
        looks = await conn.execute(
            select(tables.ledger.c.body).where(
                kind == "audit.looked", tables.ledger.c.subject == one.person
            )
        )
        assert any("to review the plan" in body for body in looks.scalars())
    assert "•" in (await api[Role.SUPERVISOR].get(path)).json()["points"][0]["value"]


CLAIM = {
    "kind": "not_mine",
    "received_at": "2026-11-24T16:00:00Z",
    "in_writing": False,
    "statement": "I never had that card.",
}


async def test_nothing_is_agreed_with_somebody_who_was_not_identified(
    api: Api, one: Somebody
) -> None:
    agent, path = api[Role.AGENT], f"/api/v1/cases/{one.case}"
    promise = {"amount_minor": 5_000, "currency": "USD", "due_on": "2026-11-30"}
    wish = {"debt_id": one.debt, "instalments": 6, "first_due_on": "2026-12-15"}
    for what, body in (("promises", promise), ("plans", wish)):
        refused = await agent.post(f"{path}/{what}", json=body)
        assert refused.status_code == 409
        assert refused.json()["detail"] == FIRST_IDENTITY
    # A superior who was not on the line does not say what was agreed on a call either.
    over_call = {**promise, "attempt_id": "attempt-1"}
    refused = await api[Role.SUPERVISOR].post(f"{path}/promises", json=over_call)
    assert refused.json()["detail"] == FIRST_IDENTITY
    plan = (await api[Role.SUPERVISOR].post(f"{path}/plans", json=wish)).json()
    accepted = {"agreement_sha256": plan["agreement_sha256"], "how": "call"}
    refused = await api[Role.SUPERVISOR].post(f"/api/v1/plans/{plan['id']}/accept", json=accepted)
    assert refused.json()["detail"] == FIRST_IDENTITY


async def test_a_dispute_by_somebody_unknown_is_kept_as_a_claim_and_stops_contact(
    api: Api, one: Somebody, db: Database
) -> None:
    agent, path = api[Role.AGENT], f"/api/v1/cases/{one.case}"
    refused = await agent.post(f"{path}/disputes", json=CLAIM)
    assert refused.json()["detail"] == OR_A_CLAIM
    kept = await agent.post(f"{path}/disputes", json={**CLAIM, "unidentified": True})
    assert kept.status_code == 201
    assert kept.json()["identified"] is False
    async with db.read() as conn:
        assert (await conn.execute(select(tables.holds.c.kind))).scalars().all() == ["dispute"]
    letter = await agent.post(f"{path}/disputes", json={**CLAIM, "in_writing": True})
    assert letter.json()["identified"] is True


async def test_the_page_says_in_chinese_that_identity_comes_first(
    one: Somebody, log_in: LogIn
) -> None:
    agent = await log_in(Role.AGENT)
    agent.cookies.set("ringfence_language", "zh-Hans")
    page = (await agent.get(f"/cases/{one.case}")).text
    told = {"csrf_token": csrf_of(page), "kind": "not_mine", "statement": "not me"}
    refused = await agent.post(f"/cases/{one.case}/dispute", data=told)
    assert refused.status_code == 409
    assert "请先核实通话对方身份。" in refused.text
    promise = {**told, "amount": "50", "currency": "USD", "due_on": "2026-11-30"}
    refused = await agent.post(f"/cases/{one.case}/promise", data=promise)
    assert "未确认客户身份之前，不得达成任何约定" in refused.text
    kept = await agent.post(f"/cases/{one.case}/dispute", data={**told, "unidentified": "true"})
    assert kept.status_code == 303


async def test_an_agent_does_nothing_to_a_plan_of_another_team(
    api: Api, one: Somebody, db: Database
) -> None:
    supervisor, agent = api[Role.SUPERVISOR], api[Role.AGENT]
    wish = {"debt_id": one.debt, "instalments": 6, "first_due_on": "2026-12-15"}
    plan = (await supervisor.post(f"/api/v1/cases/{one.case}/plans", json=wish)).json()
    await campaigns.configure(
        db, str(one.campaign), CampaignSettings(team="north"), now=db.clock.now(), by="morgan"
    )
    for act in ("withdraw", "offer"):
        answer = await agent.post(f"/api/v1/plans/{plan['id']}/{act}", json={})
        assert answer.status_code == 404
    assert (await agent.get(f"/api/v1/plans/{plan['id']}/settlement")).status_code == 404


async def test_a_dispute_and_a_complaint_go_to_the_supervisor(api: Api, one: Somebody) -> None:
    agent, supervisor = api[Role.AGENT], api[Role.SUPERVISOR]
    path = f"/api/v1/cases/{one.case}"
    dispute = await agent.post(
        f"{path}/disputes",
        json={
            "kind": "amount",
            "received_at": "2026-11-24T16:00:00Z",
            "in_writing": False,
            "statement": "I paid half in March.",
            "unidentified": True,
        },
    )
    steps = f"/api/v1/disputes/{dispute.json()['dispute_id']}/steps"
    step = {"state": "investigating", "reason": "asked the bank"}
    assert (await agent.post(steps, json=step)).status_code == 403
    assert (await supervisor.post(steps, json=step)).status_code == 200
    assert (await supervisor.post(steps, json=step)).status_code == 409
    files = {"file": ("receipt.txt", b"paid 450.00", "text/plain")}
    filed = (await agent.post(f"{path}/documents", files=files)).json()
    assert (await agent.get(f"/api/v1/documents/{filed['id']}")).status_code == 409
    await spoken_with(agent, one)
    back = await agent.get(f"/api/v1/documents/{filed['id']}")
    assert (back.content, back.headers["content-disposition"]) == (b"paid 450.00", "attachment")
    complaint = await agent.post(
        f"{path}/complaints", json={"category": "conduct", "statement": "was rude"}
    )
    review = {"upheld": True, "reason": "heard the call", "root_cause": "training"}
    decided = await supervisor.post(
        f"/api/v1/complaints/{complaint.json()['id']}/review", json=review
    )
    assert decided.json()["state"] == "upheld"


async def test_answers_come_from_the_knowledge_base_and_stay_on_the_case(
    api: Api, one: Somebody
) -> None:
    article = await api[Role.SUPERVISOR].put(
        "/api/v1/articles",
        json={"name": "fee", "language": "en", "title": "Late fee", "body": "Once a month."},
    )
    assert article.status_code == 200
    (found,) = (await api[Role.AGENT].get("/api/v1/articles", params={"q": "late"})).json()
    note = {"kind": "answer", "text": "explained the fee", "article_id": found["id"]}
    path = f"/api/v1/cases/{one.case}"
    assert (await api[Role.AGENT].post(f"{path}/notes", json=note)).status_code == 201
    await spoken_with(api[Role.AGENT], one)
    notes = (await api[Role.AGENT].get(path)).json()["notes"]
    assert found["id"] in [note["article_id"] for note in notes]
    forged = {"kind": "identity", "text": "passed: 9 of 2"}
    assert (await api[Role.AGENT].post(f"{path}/notes", json=forged)).status_code == 409


async def test_other_roles_and_unknown_things_are_turned_away(api: Api, one: Somebody) -> None:
    path = f"/api/v1/cases/{one.case}"
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert (await api[role].get(path)).status_code == 403
    payment = {
        "payment_ref": "P",
        "case_id": one.case,
        "amount_minor": 1,
        "currency": "USD",
        "received_on": "2026-11-24",
    }
    assert (await api[Role.AGENT].post("/api/v1/payments", json=payment)).status_code == 403
    agent = api[Role.AGENT]
    assert (await agent.get("/api/v1/cases/case-none")).status_code == 404
    assert (await agent.post("/api/v1/promises/promise-none/withdraw")).status_code == 404
    await spoken_with(agent, one)
    promise = {"amount_minor": 10**9, "currency": "USD", "due_on": "2026-11-30"}
    refused = await agent.post(f"{path}/promises", json=promise)
    assert (refused.status_code, refused.json()["status"]) == (409, 409)
    promise["amount_minor"] = 5_000
    assert (await agent.post(f"{path}/promises", json=promise)).status_code == 201
    unknown = await agent.post(f"{path}/promises", json={**promise, "colour": "red"})
    assert unknown.status_code == 422


async def test_the_bank_reports_a_balance_and_takes_a_debt_back(api: Api, one: Somebody) -> None:
    bank, agent = api[Role.ADMINISTRATOR], api[Role.AGENT]
    told = {"balance_minor": 91_000, "as_of": "2026-11-24T17:00:00Z"}
    parts = {"principal": 80_000, "interest": 11_000}
    path = f"/api/v1/debts/{one.debt}/balance"
    assert (await bank.put(path, json={**told, "parts": parts})).status_code == 204
    await spoken_with(agent, one)
    debt = (await agent.get(f"/api/v1/cases/{one.case}")).json()["debts"][0]
    assert (debt["itemised"], debt["parts"]["interest"]) == (True, 11_000)
    assert (await bank.put(path, json={**told, "parts": {"fees": 1}})).status_code == 409
    assert (await agent.put(path, json=told)).status_code == 403
    recall = await bank.post(f"/api/v1/cases/{one.case}/recall", json={})
    assert recall.json() == {"changed": True}
    assert (await agent.get(f"/api/v1/cases/{one.case}")).json()["status"] == "closed"
