"""Plans beyond an agent's authority: asked for with a reason, decided by another, a manager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from dialer.feed.in_process import InProcessFeed
from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody
from tests.dialer.web.conftest import LogIn, client_of, csrf_of
from tests.dialer.web.test_casework_api import Api, api, one, spoken_with

__all__ = ["api", "one"]

WHY = "two years of illness; wages come again from January"
LONG = {"instalments": 48, "first_due_on": "2026-12-15"}


@pytest.fixture
async def other(app: FastAPI, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A second manager."""
    async with db.write() as conn:
        token = await create_token(conn, name="mina", role=Role.MANAGER, now=db.clock.now())
    async with client_of(app) as client:
        client.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        yield client


async def ask(client: httpx.AsyncClient, one: Somebody, **more: object) -> httpx.Response:
    wish = {"debt_id": one.debt, **LONG, **more}
    return await client.post(f"/api/v1/cases/{one.case}/plans", json=wish)


async def asked(api: Api, one: Somebody, **more: object) -> dict[str, str]:
    await spoken_with(api[Role.AGENT], one)
    answer = await ask(api[Role.AGENT], one, reason=WHY, **more)
    assert answer.status_code == 201, answer.text
    plan: dict[str, str] = answer.json()
    assert plan["state"] == "requested"
    return plan


async def decide(
    client: httpx.AsyncClient, plan: dict[str, str], *, approved: bool, reason: str = "it is fair"
) -> httpx.Response:
    body = {"approved": approved, "reason": reason}
    return await client.post(f"/api/v1/plans/{plan['id']}/decision", json=body)


async def accept(client: httpx.AsyncClient, plan: dict[str, str]) -> httpx.Response:
    body = {"agreement_sha256": plan["agreement_sha256"], "how": "call"}
    return await client.post(f"/api/v1/plans/{plan['id']}/accept", json=body)


@pytest.mark.parametrize(
    "beyond",
    [
        {},
        {"instalments": 24},
        {"instalments": 12, "freeze_interest": True},
    ],
)
async def test_beyond_the_table_a_plan_waits_for_a_manager(
    beyond: dict[str, object], api: Api, one: Somebody
) -> None:
    await spoken_with(api[Role.AGENT], one)
    bare = await ask(api[Role.AGENT], one, **beyond)
    assert bare.status_code == 409
    assert "may agree to it" in bare.json()["detail"]
    plan = await asked(api, one, **beyond)
    assert (await accept(api[Role.AGENT], plan)).status_code == 409
    (waiting,) = (await api[Role.MANAGER].get("/api/v1/plans/requested")).json()
    assert waiting["plan"]["id"] == plan["id"]
    assert waiting["plan"]["reason"] == WHY
    approved = await decide(api[Role.MANAGER], plan, approved=True)
    assert approved.json()["state"] == "proposed"
    assert (await api[Role.MANAGER].get("/api/v1/plans/requested")).json() == []
    (told,) = (await api[Role.AGENT].get("/api/v1/work")).json()
    assert (told["kind"], told["text"]) == ("plan_approved", "it is fair")
    assert (await accept(api[Role.AGENT], plan)).json()["state"] == "agreed"


async def test_a_refused_plan_goes_nowhere_and_the_agent_learns_why(
    api: Api, one: Somebody
) -> None:
    plan = await asked(api, one)
    refused = await decide(api[Role.MANAGER], plan, approved=False, reason="shorter, please")
    assert refused.json()["state"] == "refused"
    assert (await accept(api[Role.AGENT], plan)).status_code == 409
    assert (await decide(api[Role.MANAGER], plan, approved=True)).status_code == 409
    agent = api[Role.AGENT]
    (told,) = (await agent.get("/api/v1/work")).json()
    assert (told["kind"], told["text"]) == ("plan_refused", "shorter, please")
    assert (await api[Role.SUPERVISOR].post(f"/api/v1/work/{told['id']}/done")).json() == {
        "changed": False
    }
    assert (await agent.post(f"/api/v1/work/{told['id']}/done")).json() == {"changed": True}
    assert (await agent.get("/api/v1/work")).json() == []


async def test_nobody_approves_their_own(api: Api, one: Somebody, other: httpx.AsyncClient) -> None:
    alone = await ask(api[Role.MANAGER], one)
    assert alone.status_code == 409
    plan = (await ask(api[Role.MANAGER], one, reason=WHY)).json()
    assert plan["state"] == "requested"
    own = await decide(api[Role.MANAGER], plan, approved=True)
    assert own.status_code == 409
    assert "nobody decides on a plan that they asked for themselves" in own.json()["detail"]
    assert (await decide(other, plan, approved=True)).json()["state"] == "proposed"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER}))
async def test_only_a_manager_approves(role: Role, api: Api, one: Somebody) -> None:
    plan = await asked(api, one)
    assert (await decide(api[role], plan, approved=True)).status_code == 403
    assert (await api[role].get("/api/v1/plans/requested")).status_code == 403


async def test_what_not_even_a_manager_may_agree_to_is_not_asked_for(
    api: Api, one: Somebody
) -> None:
    await spoken_with(api[Role.AGENT], one)
    never = await ask(api[Role.AGENT], one, reason=WHY, instalments=61)
    assert never.status_code == 409


async def test_an_approval_comes_too_late_when_the_first_day_is_past(
    api: Api, one: Somebody, clock: ManualClock
) -> None:
    plan = await asked(api, one)
    await clock.advance(30 * 86_400)
    late = await decide(api[Role.MANAGER], plan, approved=True)
    assert late.status_code == 409
    assert "the day of the first payment is past" in late.json()["detail"]


async def test_the_lists_of_those_whom_it_concerns_change_at_once(
    api: Api, one: Somebody, feed: InProcessFeed
) -> None:
    async with feed.subscribe("work") as events, asyncio.timeout(5):
        plan = await asked(api, one)
        _, event = await anext(events)
        assert event.data == {"role": "manager"}
        await decide(api[Role.MANAGER], plan, approved=True)
        seen = [(await anext(events))[1].data for _ in range(2)]
    assert seen == [{"role": "manager"}, {"account": "agent"}]


async def test_a_manager_decides_on_the_page_and_sees_own_requests_barred(
    api: Api, one: Somebody, log_in: LogIn
) -> None:
    await asked(api, one)
    manager = await log_in(Role.MANAGER)
    assert "1" in (await manager.get("/work/count")).text
    page = (await manager.get("/work")).text
    assert WHY in page
    where = page.split('action="/work/plans/', 1)[1].split('"', 1)[0]
    told = {"csrf_token": csrf_of(page), "approved": "true", "reason": "agreed"}
    assert (await manager.post(f"/work/plans/{where}", data=told)).status_code == 303
    assert "1" not in (await manager.get("/work/count")).text
    manager.cookies.set("ringfence_language", "zh-Hans")
    assert "待审批的分期方案" in (await manager.get("/work")).text
