"""The API of the work lists: plans that wait for an approval, and what waits for oneself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from dialer.feed.feed import FeedEvent
from dialer.model.plan import PlanRefused
from dialer.store import plan_requests, plans, work_items
from dialer.store.accounts import Actor, Role
from dialer.store.plan_requests import PlanRequest, Verdict
from dialer.store.plan_rows import StoredPlan
from dialer.store.work_items import Item
from dialer.web.api.casework_base import Done, Works, answering, case_and_terms
from dialer.web.auth import Permission, require, services_of

router = APIRouter()

Approves = Annotated[Actor, Depends(require(Permission.APPROVE_PLANS))]

APPROVES = "manager"
"""The row of the creditor's authority table that stands for who may approve."""
WORK = "work"
"""The live feed's topic of the work lists: an event says whose list changed."""


class VerdictBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    approved: bool
    reason: str = Field(min_length=3, max_length=2_000)


@router.get("/work", tags=["work"])
async def get_work(request: Request, actor: Works) -> list[Item]:
    """What waits for oneself, oldest first."""
    async with services_of(request).db.read() as conn:
        return list(await work_items.of_account(conn, actor.name))


@router.post("/work/{item_id}/done", tags=["work"])
async def tick_off(request: Request, actor: Works, item_id: str) -> Done:
    """Take something off one's own list."""
    services = services_of(request)
    done = await work_items.tick_off(
        services.db, item_id, account=actor.name, now=services.clock.now()
    )
    await tell(request, account=actor.name)
    return Done(changed=done)


@router.get("/plans/requested", tags=["plans"])
async def get_requested(request: Request, actor: Approves) -> list[PlanRequest]:
    """Plans that wait for an approval, oldest first."""
    async with services_of(request).db.read() as conn:
        return list(await plan_requests.waiting(conn))


@router.post("/plans/{plan_id}/decision", tags=["plans"])
async def decide_plan(
    request: Request, actor: Approves, plan_id: str, body: VerdictBody
) -> StoredPlan:
    """Approve a plan or refuse it, with the reason; 409 on one's own."""
    services = services_of(request)
    verdict = Verdict(approved=body.approved, reason=body.reason, by=actor.name, level=APPROVES)
    with answering():
        async with services.db.read() as conn:
            stored = await plans.find(conn, plan_id)
        _, terms = await case_and_terms(request, stored.case_id)
        decided = await plan_requests.decide(
            services.db, plan_id, verdict, terms, now=services.clock.now()
        )
    if isinstance(decided, PlanRefused):
        raise HTTPException(409, "; ".join(decided.reasons))
    await tell(request, role=Role.MANAGER)
    if stored.by is not None:
        await tell(request, account=stored.by)
    return decided


async def tell(request: Request, **whose: str) -> None:
    """Show on the open pages of an `account`, or of a `role`, that their list changed."""
    services = services_of(request)
    await services.feed.publish(FeedEvent(topic=WORK, at=services.clock.now(), data=whose))
