"""The collector's page of one case: who to ask for, what may be said, what was agreed."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlencode

from babel.numbers import get_currency_precision
from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from compliance.facts import Channel
from dialer.casework import legal_file
from dialer.casework.proposals import Proposal
from dialer.model import dispute
from dialer.reports.calls_in import CallFilter, list_calls
from dialer.reports.case_view import CaseView
from dialer.store import legal
from dialer.store.accounts import Actor
from dialer.web.api import casework, casework_money, casework_superiors
from dialer.web.api.casework_base import Works, answering, case_and_terms
from dialer.web.api.casework_bodies import IdentityBody, NoteBody, PromiseBody, WrongNumberBody
from dialer.web.auth import CSRF_FIELD, Permission, may, services_of
from dialer.web.i18n import language_of
from dialer.web.pages import case_answers
from dialer.web.pages.case_words import WORDS
from dialer.web.render import render, translate

router = APIRouter(prefix="/cases", include_in_schema=False)

CHANNELS = (Channel.CALL, Channel.SMS, Channel.EMAIL)
FIRST_AFTER = timedelta(days=14)
PURPOSE_FIELD = "seen_for"
"""What a reviewer said they look at the case for: every form of the page says it again."""


@router.get("/{case_id}")
async def case_page(
    request: Request, actor: Works, case_id: str, purpose: str = "", q: str = ""
) -> Response:
    """The page; with `q`, what the knowledge base answers."""
    return await _page(request, actor, case_id, purpose=purpose, q=q)


@router.post("/{case_id}/identity")
async def check_identity(request: Request, actor: Works, case_id: str) -> Response:
    """The answers of the form, by fact; those left blank were not asked."""
    form = await request.form()
    answers = {
        name: value
        for name, value in form.items()
        if isinstance(value, str) and value.strip() and name not in (CSRF_FIELD, PURPOSE_FIELD)
    }
    checked = casework.check_identity(request, actor, case_id, IdentityBody(answers=answers))
    return await act_on(request, actor, case_id, checked)


@router.post("/{case_id}/promise")
async def take_promise(
    request: Request,
    actor: Works,
    case_id: str,
    amount: Annotated[str, Form()],
    currency: Annotated[str, Form(pattern="^[A-Z]{3}$")],
    *,
    due_on: Annotated[date, Form()],
) -> Response:
    async def act() -> None:
        minor = minor_of(request, amount, currency)
        body = PromiseBody(amount_minor=minor, currency=currency, due_on=due_on)
        await casework_money.take_promise(request, actor, case_id, body)

    return await act_on(request, actor, case_id, act())


@router.post("/{case_id}/note")
async def add_note(
    request: Request,
    actor: Works,
    case_id: str,
    text: Annotated[str, Form(min_length=1, max_length=10_000)],
) -> Response:
    note = casework.add_note(request, actor, case_id, NoteBody(text=text))
    return await act_on(request, actor, case_id, note)


async def act_on(
    request: Request, actor: Actor, case_id: str, act: Coroutine[None, None, object]
) -> Response:
    """Do it, and show the page of the case again; where it is refused, with the reasons."""
    purpose = str((await request.form()).get(PURPOSE_FIELD, ""))
    try:
        await act
    except HTTPException as error:
        return await _page(request, actor, case_id, purpose=purpose, problem=error)
    where = f"/cases/{case_id}"
    return RedirectResponse(f"{where}?{urlencode({'purpose': purpose})}" if purpose else where, 303)


@router.post("/{case_id}/wrong-number")
async def mark_wrong(
    request: Request, actor: Works, case_id: str, contact_point_id: Annotated[str, Form()]
) -> Response:
    """Whoever answered says that the consumer is not, or no longer, at this number."""
    body = WrongNumberBody(contact_point_id=contact_point_id)
    return await act_on(request, actor, case_id, casework.mark_wrong(request, actor, case_id, body))


async def _page(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    purpose: str = "",
    q: str = "",
    problem: HTTPException | None = None,
) -> Response:
    services = services_of(request)
    view = await casework.get_case(request, actor, case_id, purpose or None)
    with answering():
        case, terms = await case_and_terms(request, case_id)
    spoken = language_of(request).tag.split("-", maxsplit=1)[0]
    decides = may(actor, Permission.DECIDE_CASES)
    async with services.db.read() as conn:
        files = await legal.of_case(conn, case_id) if decides else []
        calls = await list_calls(conn, CallFilter(case_id=case_id))
    return render(
        request,
        "case.html",
        status_code=problem.status_code if problem else 200,
        case=view,
        script=await casework.get_script(request, actor, case_id),
        questions=[
            (question.fact, question.words.get(spoken) or question.words["en"])
            for question in terms.identity
        ],
        moments=await services.next_moments(view.consumer_id, CHANNELS) or [],
        proposals=await _proposals(request, actor, view, case.today(services.clock.now())),
        calls=calls,
        articles=await case_answers.found(request, actor, view, q),
        q=q,
        words=WORDS,
        readiness=await casework_superiors.get_readiness(request, actor, case_id)
        if decides
        else None,
        legal_files=[(file, legal_file.following(file.stage)) for file in files],
        next_steps={
            line.dispute.dispute_id: dispute.following(line.dispute.state) for line in view.disputes
        },
        purpose=purpose,
        purpose_field=PURPOSE_FIELD,
        problem=problem.detail if problem else None,
    )


async def _proposals(
    request: Request, actor: Actor, view: CaseView, today: date
) -> dict[str, list[Proposal]]:
    """What can be offered for each open debt, the first payment in two weeks."""
    found: dict[str, list[Proposal]] = {}
    for debt in view.debts:
        if debt.status == "open" and debt.balance_minor and debt.currency:
            found[debt.id] = await casework_money.get_proposals(
                request, actor, view.id, debt.id, today + FIRST_AFTER
            )
    return found


def minor_of(request: Request, amount: str, currency: str) -> int:
    """An amount as people write it, in minor units. Raises HTTPException where it is none."""
    try:
        minor = Decimal(amount.strip()).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        minor = Decimal("NaN")
    if minor.is_finite() and minor == minor.to_integral_value() and 0 < minor < 2**62:
        return int(minor)
    raise HTTPException(409, translate(request, "This is not an amount."))
