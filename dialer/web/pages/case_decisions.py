"""What a superior decides on the page of a case: disputes, complaints, going to law."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from dialer.casework.allocation import Part
from dialer.casework.legal_file import Stage
from dialer.model.complaint import RootCause
from dialer.model.dispute import DisputeState
from dialer.web.api import casework_bodies as bodies
from dialer.web.api import casework_disputes, casework_superiors
from dialer.web.api.casework_base import Decides
from dialer.web.pages.case_acts import Currency, Short, Text
from dialer.web.pages.cases import act_on, minor_of

router = APIRouter(prefix="/cases/{case_id}", include_in_schema=False)


@router.post("/disputes/{dispute_id}")
async def move_dispute(
    request: Request,
    actor: Decides,
    case_id: str,
    dispute_id: str,
    *,
    state: Annotated[DisputeState, Form()],
    reason: Text,
    debt_id: Short = "",
    part: Annotated[Part, Form()] = Part.FEES,
    amount: Short = "",
    currency: Currency = "",
) -> Response:
    """The next step, with what is written off where the consumer was right."""

    async def act() -> None:
        less = []
        if amount.strip():
            minor = minor_of(request, amount, currency)
            less = [bodies.WriteOff(debt_id=debt_id, part=part, amount_minor=minor)]
        body = bodies.DisputeStepBody(state=state, reason=reason, write_off=less)
        await casework_disputes.move_dispute(request, actor, dispute_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/complaints/{complaint_id}")
async def review_complaint(
    request: Request,
    actor: Decides,
    case_id: str,
    complaint_id: str,
    *,
    upheld: Annotated[bool, Form()],
    root_cause: Annotated[RootCause, Form()],
    reason: Text,
) -> Response:
    body = bodies.ReviewBody(upheld=upheld, reason=reason, root_cause=root_cause)
    decided = casework_disputes.review_complaint(request, actor, complaint_id, body)
    return await act_on(request, actor, case_id, decided)


@router.post("/refer")
async def refer(request: Request, actor: Decides, case_id: str) -> Response:
    opened = casework_superiors.refer(request, actor, case_id)
    return await act_on(request, actor, case_id, opened)


@router.post("/legal/{legal_id}")
async def move_stage(
    request: Request,
    actor: Decides,
    case_id: str,
    legal_id: str,
    *,
    stage: Annotated[Stage, Form()],
    on: Annotated[date, Form()],
    note: Annotated[str, Form(min_length=1, max_length=2_000)],
    remind_on: Annotated[date | None, Form()] = None,
) -> Response:
    body = casework_superiors.StageBody(stage=stage, on=on, note=note, remind_on=remind_on)
    moved = casework_superiors.move_stage(request, actor, legal_id, body)
    return await act_on(request, actor, case_id, moved)
