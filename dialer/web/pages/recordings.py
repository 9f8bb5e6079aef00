"""Recordings: found, heard once the reason is kept, held for the law, and who heard them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request
from pydantic import BaseModel
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from dialer.reports.campaign_figures import campaign_names
from dialer.store import recording_life, recordings
from dialer.store.accounts import Actor
from dialer.store.accounts import Role as Account
from dialer.store.recording_life import Kept
from dialer.store.recordings import Sought
from dialer.web.api import recordings as api
from dialer.web.api.recordings import Decides, Hears
from dialer.web.auth import Permission, may, services_of
from dialer.web.call_labels import INBOUND
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.labels import OUTCOMES
from dialer.web.render import formats, render
from recordings.access import ALLOWED, REASON_MIN, Purpose, Role
from recordings.retention import Keep, retention

router = APIRouter(prefix="/recordings", include_in_schema=False)

PAGE = 50


class RecordingChoice(BaseModel):
    """What the reader narrowed the list to; days are the reader's own."""

    case: str = ""
    agent: str = ""
    campaign: str = ""
    outcome: str = ""
    direction: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""


@router.get("")
async def recordings_page(
    request: Request, actor: Hears, choice: Annotated[RecordingChoice, Query()]
) -> Response:
    """The list; an agent's is that of their own calls."""
    form, services = formats(request), services_of(request)
    sought = Sought(
        case_ref=choice.case.strip() or None,
        agent=actor.name if actor.role is Account.AGENT else choice.agent.strip() or None,
        campaign_id=choice.campaign or None,
        outcome=choice.outcome or None,
        since=form.start_of(choice.since),
        until=form.end_of(choice.until),
        inbound={"in": True, "out": False}.get(choice.direction),
        before=read_cursor(choice.cursor),
    )
    async with services.db.read() as conn:
        rows = await recordings.find(conn, sought, limit=PAGE)
        until = await _kept_until(conn, rows, services.clock.now())
        names = await campaign_names(conn)
    kept = choice.model_dump(exclude={"cursor"}, exclude_defaults=True)
    more = len(rows) == PAGE
    return render(
        request,
        "recordings.html",
        rows=rows,
        until=until,
        campaigns=names,
        outcomes=OUTCOMES,
        inbound_outcomes=INBOUND,
        choice=choice,
        older=urlencode({**kept, "cursor": write_cursor(rows[-1].sealed_at, rows[-1].name)})
        if more
        else None,
    )


@router.get("/{name}")
async def recording_page(request: Request, actor: Hears, name: str, listen: str = "") -> Response:
    """One recording; with leave to hear it, its player."""
    return await _one(request, actor, name, listen=listen)


@router.post("/{name}/listen")
async def ask(
    request: Request,
    actor: Hears,
    name: str,
    purpose: Annotated[Purpose, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Keep the reason, then show the player."""
    try:
        leave = await api.ask(request, actor, name, api.Wish(purpose=purpose, reason=reason))
    except HTTPException as error:
        return await _one(request, actor, name, problem=error)
    return RedirectResponse(f"/recordings/{name}?listen={leave.listen}#hear", 303)


@router.post("/{name}/hold")
async def hold(
    request: Request, actor: Decides, name: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Keep everything that was and will be recorded of its case."""
    try:
        async with services_of(request).db.read() as conn:
            with api.found():
                row = await recordings.one(conn, name)
        await api.hold(request, actor, row.case_id or "", api.Order.model_construct(reason=reason))
    except HTTPException as error:
        return await _one(request, actor, name, problem=error)
    return RedirectResponse(f"/recordings/{name}", 303)


@router.post("/{name}/hold/{hold_id}/lift")
async def lift(request: Request, actor: Decides, name: str, hold_id: str) -> Response:
    """Lift an order to keep; another one or a legal file may go on."""
    try:
        await api.release(request, actor, hold_id)
    except HTTPException as error:
        return await _one(request, actor, name, problem=error)
    return RedirectResponse(f"/recordings/{name}", 303)


async def _one(
    request: Request,
    actor: Actor,
    name: str,
    *,
    listen: str = "",
    problem: HTTPException | None = None,
) -> Response:
    services = services_of(request)
    now = services.clock.now()
    async with services.db.read() as conn:
        with api.found():
            row = await recordings.one(conn, name)
    if actor.role is Account.AGENT and not await api.own(request, row, actor):
        raise HTTPException(403, "agents hear the calls of their own cases only")
    async with services.db.read() as conn:
        heard = await recordings.may_hear(conn, listen, name, actor.name, now)
        seen = may(actor, Permission.SEE_LEDGER)
        listens = await recordings.listens(conn, name) if seen else []
        orders = await recording_life.orders(conn, row.case_id) if row.case_id else []
        until = await _kept_until(conn, [row], now)
    return render(
        request,
        "recording.html",
        status_code=problem.status_code if problem else 200,
        row=row,
        until=until[name],
        purposes=[p for p in Purpose if p in ALLOWED[Role(actor.role)]],
        reason_min=REASON_MIN,
        audio=f"/api/v1/recordings/{name}/audio?listen={listen}" if heard else None,
        listens=listens,
        seen=seen,
        orders=orders,
        problem=problem.detail if problem else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """How long a recording stays: until an instant, or as long as `why` lasts."""

    until: datetime | None = None
    why: str = ""  # held, no_rule, due, gone


async def _kept_until(
    conn: AsyncConnection, rows: Sequence[Row[Any]], now: datetime
) -> dict[str, Stays]:
    """What retention says of each today."""
    known = await recording_life.kept(conn, [row.name for row in rows])
    return {name: _stays(one, now) for name, one in known.items()}


def _stays(one: Kept, now: datetime) -> Stays:
    if one.state != recordings.SEALED:
        return Stays(why="gone")
    verdict = retention(one.facts, one.rules, now)
    if not isinstance(verdict, Keep):
        return Stays(why="due")
    if verdict.until is not None:
        return Stays(until=verdict.until)
    return Stays(why="held" if one.facts.holds else "no_rule")
