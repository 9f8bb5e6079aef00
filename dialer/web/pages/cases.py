"""The collector's page of one case: who to ask for, what may be said, what was agreed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from babel.numbers import get_currency_precision
from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from compliance.facts import Channel
from dialer.web.api import casework, casework_money
from dialer.web.api.casework_base import Works, answering, case_and_terms
from dialer.web.api.casework_bodies import IdentityBody, NoteBody, PromiseBody
from dialer.web.auth import CSRF_FIELD, services_of
from dialer.web.i18n import language_of
from dialer.web.render import render, translate

router = APIRouter(prefix="/cases", include_in_schema=False)

CHANNELS = (Channel.CALL, Channel.SMS, Channel.EMAIL)


@router.get("/{case_id}")
async def case_page(request: Request, actor: Works, case_id: str, purpose: str = "") -> Response:
    return await _page(request, actor, case_id, purpose=purpose)


@router.post("/{case_id}/identity")
async def check_identity(request: Request, actor: Works, case_id: str) -> Response:
    """The answers of the form, by fact; those left blank were not asked."""
    form = await request.form()
    answers = {
        name: value
        for name, value in form.items()
        if isinstance(value, str) and value.strip() and name != CSRF_FIELD
    }
    try:
        await casework.check_identity(request, actor, case_id, IdentityBody(answers=answers))
    except HTTPException as error:
        return await _page(request, actor, case_id, problem=error)
    return _back(case_id)


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
    minor = _minor(amount, currency)
    if minor is None:
        error = HTTPException(409, translate(request, "This is not an amount."))
        return await _page(request, actor, case_id, problem=error)
    body = PromiseBody(amount_minor=minor, currency=currency, due_on=due_on)
    try:
        await casework_money.take_promise(request, actor, case_id, body)
    except HTTPException as error:
        return await _page(request, actor, case_id, problem=error)
    return _back(case_id)


@router.post("/{case_id}/note")
async def add_note(
    request: Request,
    actor: Works,
    case_id: str,
    text: Annotated[str, Form(min_length=1, max_length=10_000)],
) -> Response:
    try:
        await casework.add_note(request, actor, case_id, NoteBody(text=text))
    except HTTPException as error:
        return await _page(request, actor, case_id, problem=error)
    return _back(case_id)


async def _page(
    request: Request,
    actor: Works,
    case_id: str,
    *,
    purpose: str = "",
    problem: HTTPException | None = None,
) -> Response:
    services = services_of(request)
    view = await casework.get_case(request, actor, case_id, purpose or None)
    with answering():
        _, terms = await case_and_terms(request, case_id)
    asked = [await services.next_moment(view.consumer_id, channel) for channel in CHANNELS]
    spoken = language_of(request).tag.split("-", maxsplit=1)[0]
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
        moments=[moment for moment in asked if moment is not None],
        purpose=purpose,
        problem=problem.detail if problem else None,
    )


def _back(case_id: str) -> Response:
    return RedirectResponse(f"/cases/{case_id}", 303)


def _minor(amount: str, currency: str) -> int | None:
    """An amount as people write it, in minor units; None where it is none."""
    try:
        minor = Decimal(amount.strip()).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        return None
    fits = minor.is_finite() and minor == minor.to_integral_value() and 0 < minor < 2**62
    return int(minor) if fits else None
