"""The API of disputes and complaints."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request

from dialer.casework.allocation import Line
from dialer.model.complaint import Complaint
from dialer.model.dispute import Dispute
from dialer.store import (
    complaints,
    disputes,
)
from dialer.store.complaints import NewComplaint, Review
from dialer.store.disputes import Decision, NewDispute
from dialer.store.identity import OR_A_CLAIM
from dialer.web.api import casework_bodies as bodies
from dialer.web.api.casework_base import Decides, Works, answering, case_and_terms, debt_shown
from dialer.web.auth import Permission, may, services_of

router = APIRouter()


@router.post("/cases/{case_id}/disputes", tags=["disputes"], status_code=201)
async def receive_dispute(
    request: Request, actor: Works, case_id: str, body: bodies.DisputeBody
) -> Dispute:
    """Take in a dispute: contact on its debts stops at once.

    409 for one by word of mouth from somebody who was not identified, unless it says so: it is
    then kept as an unverified claim, which binds all the same.
    """
    services = services_of(request)
    known = body.in_writing or (
        not body.unidentified
        and (may(actor, Permission.REVIEW_CASES) or await debt_shown(request, actor, case_id, None))
    )
    if not known and not body.unidentified:
        raise HTTPException(409, OR_A_CLAIM)
    said = body.model_dump(exclude={"debts", "unidentified"})
    new = NewDispute(
        case_id=case_id, by=actor.name, debts=tuple(body.debts), identified=known, **said
    )
    with answering():
        _, terms = await case_and_terms(request, case_id)
        return await disputes.receive(services.db, new, terms.deadlines, now=services.clock.now())


@router.post("/disputes/{dispute_id}/steps", tags=["disputes"])
async def move_dispute(
    request: Request, actor: Decides, dispute_id: str, body: bodies.DisputeStepBody
) -> Dispute:
    """Take a dispute a step on, with its reason."""
    services = services_of(request)
    lines = tuple(Line(**line.model_dump()) for line in body.write_off)
    decision = Decision(state=body.state, reason=body.reason, by=actor.name, write_off=lines)
    with answering():
        return await disputes.move(services.db, dispute_id, decision, now=services.clock.now())


@router.post("/cases/{case_id}/complaints", tags=["complaints"], status_code=201)
async def file_complaint(
    request: Request, actor: Works, case_id: str, body: bodies.ComplaintBody
) -> Complaint:
    """Take in a complaint; a supervisor decides it within its days."""
    services = services_of(request)
    new = NewComplaint(case_id=case_id, by=actor.name, **body.model_dump())
    with answering():
        _, terms = await case_and_terms(request, case_id)
        return await complaints.file(
            services.db, new, days=terms.complaint_days, now=services.clock.now()
        )


@router.post("/complaints/{complaint_id}/review", tags=["complaints"])
async def review_complaint(
    request: Request, actor: Decides, complaint_id: str, body: bodies.ReviewBody
) -> Complaint:
    """Decide a complaint with a reason and a root cause."""
    services = services_of(request)
    decision = Review(by=actor.name, **body.model_dump())
    with answering():
        return await complaints.review(
            services.db, complaint_id, decision, now=services.clock.now()
        )
