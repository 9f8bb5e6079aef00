"""The consumer's page: the agreement is shown to whoever knows a second fact, and accepted once."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest
from sqlalchemy import select, update

from compliance.ledger import canonical
from dialer.engine.agreement_offers import AgreementOffers, NotOffered, Offered
from dialer.feed.in_process import InProcessFeed
from dialer.model.plan import PlanRefused
from dialer.store import plans, tables
from dialer.store.accounts import Role
from dialer.store.casework_tables import plans as plan_table
from dialer.store.database import Database
from dialer.store.plan_rows import StoredPlan, StoredState
from dialer.store.plans import Wish
from dialer.web.services import Services
from scheduler.clock import ManualClock
from tests.dialer.store.owing import TUESDAY, US, ask_gate, in_ledger, owe, told
from tests.dialer.store.people import Somebody, add_somebody
from tests.dialer.web.conftest import LogIn, Outside, csrf_of, make_services
from tests.dialer.web.offers import Paper, allow_texts, open_offers, path_in


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
async def offers(db: Database, paper: Paper) -> AsyncIterator[AgreementOffers]:
    async with open_offers(db, paper) as opened:
        yield opened


@pytest.fixture
def services(
    db: Database,
    feed: InProcessFeed,
    clock: ManualClock,
    outside: Outside,
    offers: AgreementOffers,
) -> Services:
    return replace(make_services(db, feed, clock, outside), offers=offers)


@pytest.fixture
async def one(db: Database) -> Somebody:
    somebody = await add_somebody(db)
    await owe(db, somebody)
    people = tables.consumers
    async with db.write() as conn:
        await conn.execute(
            update(people)
            .where(people.c.id == somebody.person)
            .values(id_last4="4321", postal_code="10001")
        )
    return somebody


async def proposed(db: Database, one: Somebody, *, replaces: str | None = None) -> StoredPlan:
    wish = Wish(
        case_id=one.case,
        debt_id=one.debt,
        instalments=9,
        first_due_on=TUESDAY + timedelta(days=20),
        by="agent-1",
        level="agent",
        collector="Fernwood",
        replaces=replaces,
    )
    made = await plans.propose(db, wish, US, now=db.clock.now())
    assert not isinstance(made, PlanRefused), made.reasons
    return made


async def advance(db: Database, by: timedelta) -> None:
    assert isinstance(db.clock, ManualClock)
    await db.clock.advance(by.total_seconds())


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, page
    return found.group(1)


async def sent(
    db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> tuple[StoredPlan, str]:
    """A plan whose link went out, and the path of the link."""
    await allow_texts(db, one)
    plan = await proposed(db, one)
    assert isinstance(await offers.send(plan.id, by="agent-1"), Offered)
    return plan, path_in(paper.texts[-1])


async def test_an_agreement_is_read_and_accepted_by_its_link(
    client: httpx.AsyncClient, db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> None:
    plan, path = await sent(db, offers, one, paper)
    assert "$" not in paper.texts[-1]  # who else reads the phone learns nothing of a debt

    page = await client.get(path)
    assert page.status_code == 200
    assert "last four digits" in page.text
    assert "Abendroth" not in page.text
    assert "$" not in page.text
    wrong = await client.post(path, data={"answer": "0000"})
    assert wrong.status_code == 403
    assert "Abendroth" not in wrong.text
    shown = await client.post(path, data={"answer": "43 21"})
    assert "Otto Abendroth" in shown.text
    assert "$900.00" in shown.text

    form = {name: hidden(shown.text, name) for name in ("seen", "agreement_sha256")}
    accepted = await client.post(f"{path}/accept", data=form, headers={"User-Agent": "Browser/1"})
    assert accepted.status_code == 200
    assert "You accepted this agreement" in accepted.text
    async with db.read() as conn:
        row = (await conn.execute(select(plan_table))).one()
        ledger = (await conn.execute(select(tables.ledger.c.kind, tables.ledger.c.body))).all()
    assert row.state == StoredState.AGREED
    assert sha256(row.agreement.encode()).hexdigest() == row.evidence["agreement_sha256"]
    assert row.evidence["how"] == "link"
    assert row.evidence["browser"] == "Browser/1"
    assert row.evidence["address"] == "127.0.0.1"
    assert row.evidence["token_sha256"] == sha256(form["seen"].encode()).hexdigest()
    (entry,) = [json.loads(e.body) for e in ledger if e.kind == "plan.agreed"]
    proof = sha256(canonical(row.evidence)).hexdigest()
    assert entry["evidence_sha256"] == proof
    assert "127.0.0.1" not in str(ledger)
    news = [kind for kind in await told(db, one) if kind.startswith("plan.")]
    assert news == ["plan.proposed", "plan.offered", "plan.read", "plan.agreed"]
    assert "RF-PLAN" in (await ask_gate(db, one)).rules

    again = await client.post(f"{path}/accept", data=form)
    assert again.status_code == 409
    assert plan.id == row.id


async def test_a_closed_old_or_foreign_link_shows_nothing(
    client: httpx.AsyncClient, db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> None:
    _, path = await sent(db, offers, one, paper)
    assert (await client.get("/agree/not-one-of-ours")).status_code == 404
    assert (await client.get(path[:-1])).status_code == 404
    for _ in range(5):
        assert (await client.post(path, data={"answer": "1111"})).status_code == 403
    closed = await client.post(path, data={"answer": "4321"})
    assert closed.status_code == 403
    assert "Abendroth" not in closed.text
    await advance(db, timedelta(days=7))
    old = await client.get(path, headers={"Accept-Language": "zh-CN"})
    assert old.status_code == 404
    assert "链接已过期" in old.text


async def test_the_token_of_the_address_accepts_nothing(
    client: httpx.AsyncClient, db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> None:
    plan, path = await sent(db, offers, one, paper)
    form = {
        "seen": path.removeprefix("/agree/"),
        "agreement_sha256": plan.agreement_sha256,
    }
    assert (await client.post(f"{path}/accept", data=form)).status_code == 404
    async with db.read() as conn:
        assert (await plans.find(conn, plan.id)).state is StoredState.PROPOSED


async def test_the_link_goes_through_the_gate(
    db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> None:
    plan = await proposed(db, one)
    refused = await offers.send(plan.id, by="agent-1")
    assert isinstance(refused, NotOffered)
    assert "refused by US-REGF-SMS60" in refused.reasons
    await allow_texts(db, one)
    await advance(db, timedelta(hours=11))  # 11 at night in New York
    late = await offers.send(plan.id, by="agent-1")
    assert isinstance(late, NotOffered)
    assert late.first_allowed_at is not None
    assert paper.texts == []
    async with db.read() as conn:
        decided = (await conn.execute(select(tables.decisions.c.allowed))).scalars().all()
    assert decided == [False, False]
    assert "plan.offered" not in await in_ledger(db, one)


async def test_a_new_agreement_may_be_offered_while_the_old_one_is_kept(
    client: httpx.AsyncClient, db: Database, offers: AgreementOffers, one: Somebody, paper: Paper
) -> None:
    old, path = await sent(db, offers, one, paper)
    shown = await client.post(path, data={"answer": "4321"})
    form = {name: hidden(shown.text, name) for name in ("seen", "agreement_sha256")}
    await client.post(f"{path}/accept", data=form)
    await advance(db, timedelta(hours=1))
    new = await proposed(db, one, replaces=old.id)
    assert isinstance(await offers.send(new.id, by="agent-1"), Offered)
    shown = await client.post(path_in(paper.texts[-1]), data={"answer": "4321"})
    form = {name: hidden(shown.text, name) for name in ("seen", "agreement_sha256")}
    await client.post(f"{path_in(paper.texts[-1])}/accept", data=form)
    async with db.read() as conn:
        states = [plan.state for plan in await plans.of_case(conn, one.case)]
    assert states == [StoredState.RENEGOTIATED, StoredState.AGREED]


async def test_an_agent_sends_it_by_the_api(
    db: Database, one: Somebody, paper: Paper, log_in: LogIn
) -> None:
    plan = await proposed(db, one)
    agent = await log_in(Role.AGENT)
    page = await agent.get(f"/cases/{one.case}")
    headers = {"X-CSRF-Token": csrf_of(page.text)}
    path = f"/api/v1/plans/{plan.id}/offer"
    refused = await agent.post(path, json={}, headers=headers)
    assert refused.status_code == 409
    assert "US-REGF-SMS60" in refused.json()["detail"]
    await allow_texts(db, one)
    answer = await agent.post(path, json={"channel": "sms"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["channel"] == "sms"
    assert "token" not in answer.text
    assert len(paper.texts) == 1
