"""What an agent does on the page of a case: plans, answers, circumstances, disputes, papers."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import Response

from dialer.model.circumstance import CircumstanceKind
from dialer.model.complaint import Category
from dialer.model.dispute import DisputeKind
from dialer.store import plans
from dialer.store.documents import EVIDENCE
from dialer.store.notes import NoteKind
from dialer.web.api import casework, casework_disputes, casework_money
from dialer.web.api import casework_bodies as bodies
from dialer.web.api.casework_base import Works, answering, case_and_terms
from dialer.web.auth import services_of
from dialer.web.pages.cases import act_on, minor_of

router = APIRouter(prefix="/cases/{case_id}", include_in_schema=False)

Text = Annotated[str, Form(min_length=1, max_length=10_000)]
Short = Annotated[str, Form(max_length=200)]
Currency = Annotated[str, Form(pattern="^([A-Z]{3})?$")]
Ticked = Annotated[bool, Form()]


@router.post("/plan")
async def propose_plan(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    debt_id: Short,
    currency: Currency,
    instalments: Annotated[int, Form(ge=1, le=300)],
    first_due_on: Annotated[date, Form()],
    front_payment: Short = "",
    waive_interest: Short = "",
    waive_fees: Short = "",
    freeze_interest: Ticked = False,
    replaces: Short = "",
    reason: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    def minor(amount: str) -> int:
        return minor_of(request, amount, currency) if amount.strip() else 0

    async def act() -> None:
        body = bodies.PlanBody(
            debt_id=debt_id,
            instalments=instalments,
            first_due_on=first_due_on,
            front_payment_minor=minor(front_payment),
            waive_interest_minor=minor(waive_interest),
            waive_fees_minor=minor(waive_fees),
            freeze_interest=freeze_interest,
            replaces=replaces or None,
            reason=reason.strip() or None,
        )
        await casework_money.propose_plan(request, actor, case_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/plans/{plan_id}/offer")
async def offer_plan(request: Request, actor: Works, case_id: str, plan_id: str) -> Response:
    sent = casework_money.offer_plan(request, actor, plan_id, bodies.OfferBody())
    return await act_on(request, actor, case_id, sent)


@router.post("/plans/{plan_id}/accept")
async def accept_plan(
    request: Request,
    actor: Works,
    case_id: str,
    plan_id: str,
    how: Annotated[Literal["call", "letter", "branch"], Form()],
) -> Response:
    """The consumer accepted otherwise than by the link."""

    async def act() -> None:
        async with services_of(request).db.read() as conn:
            with answering():
                stored = await plans.find(conn, plan_id)
        body = bodies.AcceptanceBody(agreement_sha256=stored.agreement_sha256, how=how)
        await casework_money.accept_plan(request, actor, plan_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/plans/{plan_id}/withdraw")
async def withdraw_plan(request: Request, actor: Works, case_id: str, plan_id: str) -> Response:
    ended = casework_money.withdraw_plan(request, actor, plan_id)
    return await act_on(request, actor, case_id, ended)


@router.post("/circumstance")
async def record_circumstance(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    kind: Annotated[CircumstanceKind, Form()],
    currency: Currency,
    purpose: Annotated[str, Form(min_length=1, max_length=200)],
    text: Annotated[str, Form(max_length=10_000)] = "",
    amount: Short = "",
    adults: Annotated[int, Form(ge=1, le=50)] = 1,
    children: Annotated[int, Form(ge=0, le=50)] = 0,
    sensitive: Ticked = False,
) -> Response:
    async def act() -> None:
        told: dict[str, object] = {"text": text}
        if kind is CircumstanceKind.HOUSEHOLD:
            told = {"adults": adults, "children": children}
        elif kind in (CircumstanceKind.INCOME, CircumstanceKind.OUTGOING):
            told = {"label": text or kind, "amount_minor": minor_of(request, amount, currency)}
        body = bodies.CircumstanceBody(kind=kind, body=told, purpose=purpose, sensitive=sensitive)
        await casework.record_circumstance(request, actor, case_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/answer")
async def keep_answer(
    request: Request, actor: Works, case_id: str, article_id: Short, text: Text
) -> Response:
    """The consumer was told this, from this article."""
    body = bodies.NoteBody(kind=NoteKind.ANSWER, text=text, article_id=article_id)
    return await act_on(request, actor, case_id, casework.add_note(request, actor, case_id, body))


@router.post("/hand-over")
async def hand_over(request: Request, actor: Works, case_id: str, text: Text) -> Response:
    body = bodies.NoteBody(kind=NoteKind.HAND_OVER, text=text)
    return await act_on(request, actor, case_id, casework.add_note(request, actor, case_id, body))


@router.post("/dispute")
async def receive_dispute(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    kind: Annotated[DisputeKind, Form()],
    statement: Text,
    received_on: Annotated[date | None, Form()] = None,
    in_writing: Ticked = False,
    unidentified: Ticked = False,
) -> Response:
    """A dispute of all debts of the case; without a day it is received now."""

    async def act() -> None:
        received = services_of(request).clock.now()
        if received_on is not None:
            with answering():
                case, _ = await case_and_terms(request, case_id)
            zone = ZoneInfo(case.zones[0] if case.zones else "UTC")
            received = min(received, datetime.combine(received_on, time(), zone))
        body = bodies.DisputeBody(
            kind=kind,
            received_at=received,
            in_writing=in_writing,
            statement=statement,
            unidentified=unidentified,
        )
        await casework_disputes.receive_dispute(request, actor, case_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/document")
async def file_document(
    request: Request,
    actor: Works,
    case_id: str,
    file: UploadFile,
    *,
    kind: Annotated[str, Form(max_length=40)] = EVIDENCE,
    subject: Short = "",
) -> Response:
    """File a paper; the subject is the dispute or complaint that it belongs to."""
    filed = casework.file_document(
        request, actor, case_id, file, kind=kind, subject=subject or None
    )
    return await act_on(request, actor, case_id, filed)


@router.post("/complaint")
async def file_complaint(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    category: Annotated[Category, Form()],
    statement: Text,
    about: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    body = bodies.ComplaintBody(category=category, statement=statement, about=about or None)
    filed = casework_disputes.file_complaint(request, actor, case_id, body)
    return await act_on(request, actor, case_id, filed)
