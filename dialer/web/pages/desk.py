"""The agent's desk: a page that lives by the WebSocket, with the case of the call on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import Response

from dialer.model.disposition import Code
from dialer.model.dispute import DisputeKind
from dialer.store.accounts import Actor
from dialer.web.api import casework
from dialer.web.api import desk as api
from dialer.web.api import desk_bodies as bodies
from dialer.web.api.casework_bodies import IdentityBody
from dialer.web.auth import CSRF_FIELD, Permission, require
from dialer.web.render import formats, render, translate

router = APIRouter(prefix="/desk", include_in_schema=False)

Works = Annotated[Actor, Depends(require(Permission.WORK_DESK))]


class BadEntry(ValueError):
    """A field of the form can't be read; the text is for the agent."""


@router.get("")
async def desk_page(request: Request, actor: Works) -> Response:
    return render(
        request,
        "desk.html",
        desk=await api.get_desk(request, actor),
        breaks=bodies.BREAKS,
    )


@router.get("/case")
async def case_fragment(request: Request, actor: Works) -> Response:
    """The case of the call, or nothing where there is none."""
    return await _case(request, actor)


@router.post("/identity")
async def check_identity(request: Request, actor: Works) -> Response:
    """The consumer's answers, by fact; those left blank were not asked."""
    form = await request.form()
    answers = {
        name: value
        for name, value in form.items()
        if isinstance(value, str) and value.strip() and name != CSRF_FIELD
    }
    case = await api.get_case(request, actor)
    body = IdentityBody(answers=answers)
    try:
        checked = await casework.check_identity(request, actor, case.id, body)
    except HTTPException as error:
        return await _case(request, actor, problem=error.detail)
    problem = None if checked.verified else translate(request, _NOT_KNOWN)
    return await _case(request, actor, problem=problem)


@router.post("/phone")
async def issue_phone(request: Request, actor: Works) -> Response:
    """A new SIP account, shown this once."""
    account = await api.issue_phone(request, actor)
    return render(request, "desk_phone.html", account=account)


@router.post("/disposition")
async def dispose(request: Request, actor: Works) -> Response:
    """Note what came of the call; where it can't be, say why and keep what was entered."""
    form = await request.form()
    entered = {name: str(value) for name, value in form.items()}
    debts = [str(value) for value in form.getlist("debts")]
    case = await api.get_case(request, actor)
    try:
        body = _body(request, case, entered, debts)
        await api.dispose(request, actor, body)
    except BadEntry as error:
        return render(request, "desk_said.html", problem=translate(request, str(error)))
    except HTTPException as error:
        return render(request, "desk_said.html", problem=error.detail)
    return render(request, "desk_said.html", problem=None)


async def _case(request: Request, actor: Actor, *, problem: str | None = None) -> Response:
    try:
        case = await api.get_case(request, actor)
    except HTTPException as error:
        if error.status_code != 404:
            raise
        return Response(status_code=204)
    desk = await api.get_desk(request, actor)
    return render(
        request,
        "desk_case.html",
        case=case,
        call=desk.call,
        problem=problem,
        zone=_zone(request, case)[1],
        codes=list(Code),
        dispute_kinds=list(DisputeKind),
    )


def _zone(request: Request, case: bodies.Case) -> tuple[tzinfo, str]:
    """The consumer's zone where it is known, else the reader's own."""
    name = next(iter(case.local_times), None)
    if name is not None:
        return ZoneInfo(name), name
    form = formats(request)
    return form.zone, form.zone_name


def _body(
    request: Request, case: bodies.Case, entered: dict[str, str], debts: list[str]
) -> bodies.Disposition:
    """The form as the API takes it. Raises BadEntry."""
    document: dict[str, Any] = {
        "call_id": entered.get("call_id", ""),
        "code": entered.get("code", ""),
        "debts": debts,
        "notes": entered.get("notes", ""),
        "promise": _promise(case, entered),
        "callback": _callback(request, case, entered),
        "dispute": _dispute(entered),
    }
    try:
        return bodies.Disposition.model_validate(document)
    except ValidationError as error:
        raise BadEntry("; ".join(str(one["msg"]) for one in error.errors())) from error


def _promise(case: bodies.Case, entered: dict[str, str]) -> dict[str, Any] | None:
    amount, due = entered.get("amount", "").strip(), entered.get("due_on", "")
    if not amount and not due:
        return None
    currency = next((debt.currency for debt in case.debts if debt.currency), None)
    if currency is None:
        raise BadEntry(_NO_BALANCE)
    try:
        minor = Decimal(amount).scaleb(get_currency_precision(currency))
        day = date.fromisoformat(due)
    except (InvalidOperation, ValueError) as error:
        raise BadEntry(_NO_AMOUNT) from error
    if minor != minor.to_integral_value():
        raise BadEntry(_NO_AMOUNT)
    return {"amount_minor": int(minor), "currency": currency, "due_on": day}


def _callback(
    request: Request, case: bodies.Case, entered: dict[str, str]
) -> dict[str, Any] | None:
    wanted = entered.get("callback_at", "").strip()
    if not wanted:
        return None
    try:
        local = datetime.fromisoformat(wanted).replace(tzinfo=_zone(request, case)[0])
    except ValueError as error:
        raise BadEntry(_NO_HOUR) from error
    return {"at": local.astimezone(UTC), "own": entered.get("own") == "on"}


def _dispute(entered: dict[str, str]) -> dict[str, Any] | None:
    statement = entered.get("statement", "").strip()
    if not statement:
        return None
    return {
        "kind": entered.get("dispute_kind", ""),
        "statement": statement,
        "unidentified": entered.get("unidentified") == "on",
    }


def mark(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


_NOT_KNOWN = mark("The answers do not fit what is known: say nothing of a debt.")
_NO_BALANCE = mark("No debt of this case has a known balance.")
_NO_AMOUNT = mark("A promise needs an amount and a day.")
_NO_HOUR = mark("This is no date and hour.")
