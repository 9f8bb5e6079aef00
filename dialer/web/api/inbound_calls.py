"""The API of calls that came in: what is to be done about them, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from dialer.reports.calls_in import CallFilter, Which, list_calls
from dialer.store import inbound_calls
from dialer.store.accounts import Actor
from dialer.store.inbound_calls import NotOpen
from dialer.web.auth import Permission, may, require, services_of
from dialer.web.masking import mask
from dialer.web.problems import PROBLEM_RESPONSES
from dialer.web.scope import seen_by

router = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES, tags=["calls that came in"])

Sees = Annotated[Actor, Depends(require(Permission.SEE_ATTEMPTS))]
Works = Annotated[Actor, Depends(require(Permission.WORK_CASES))]
Decides = Annotated[Actor, Depends(require(Permission.DECIDE_CASES))]
_MOST = 500


class CallIn(BaseModel):
    """A call that came in."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    at: datetime
    ended_at: datetime | None
    number: str | None = Field(description="masked for who may not see numbers; null = withheld")
    matched: str = Field(description="number, assigned, unknown, several or withheld")
    case_id: str | None
    campaign_id: str | None
    outcome: str = Field(
        description="open, talked, message, callback, no_calls, left, gave_up, cut"
    )
    agent: str | None
    callback_at: datetime | None
    callback_state: str | None
    refused_by: str | None = Field(description="the rule that gives the callback no hour")
    message_length_ms: int | None
    recording: str | None
    todo: str = Field(description="none, open or done")
    done_by: str | None


class CaseWish(BaseModel):
    case: str = Field(min_length=1, description="the creditor's own number of the case")


class Assigned(BaseModel):
    case_id: str


@router.get("/inbound-calls")
async def search(
    request: Request,
    actor: Sees,
    *,
    which: Which = Which.OPEN,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
) -> list[CallIn]:
    """The newest calls; an agent sees those of their campaigns."""
    wanted = CallFilter(which=which, campaigns=await seen_by(request, actor))
    async with services_of(request).db.read() as conn:
        found = [CallIn.model_validate(row) for row in await list_calls(conn, wanted, limit=limit)]
    if not may(actor, Permission.SEE_NUMBERS):
        found = [c.model_copy(update={"number": c.number and mask(c.number)}) for c in found]
    return found


@router.post("/inbound-calls/{call_id}/case")
async def assign(request: Request, actor: Decides, call_id: str, body: CaseWish) -> Assigned:
    """Put a stranger's call down to a case; a callback that was asked for is booked."""
    wishes = services_of(request).wishes
    if wishes is None:
        raise HTTPException(409, "this process takes no calls")
    with _answering():
        return Assigned(case_id=await wishes.assign(call_id, body.case, by=actor.name))


@router.post("/inbound-calls/{call_id}/done", status_code=204)
async def done(request: Request, actor: Works, call_id: str) -> None:
    """Somebody has acted on the call. An agent says so of calls of their campaigns."""
    seen = await seen_by(request, actor)
    async with services_of(request).db.read() as conn:
        campaign = await inbound_calls.campaign_of(conn, call_id)
    if seen is not None and campaign not in seen:
        raise HTTPException(404, f"there is no call {call_id}")
    with _answering():
        await inbound_calls.done(services_of(request).db, call_id, by=actor.name)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    except NotOpen as error:
        raise HTTPException(409, str(error)) from error
