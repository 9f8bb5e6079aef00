"""Calls that came in: what the team has to do, and strangers' calls that want their case."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from dialer.reports.calls_in import PAGE, CallFilter, Which, list_calls
from dialer.store.accounts import Actor
from dialer.web.api import inbound_calls as api
from dialer.web.api.inbound_calls import Decides, Sees, Works
from dialer.web.auth import services_of
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.render import render
from dialer.web.scope import seen_by

router = APIRouter(prefix="/calls", include_in_schema=False)


class CallChoice(BaseModel):
    """Which calls the reader wants."""

    which: Which = Which.OPEN
    cursor: str = ""


@router.get("")
async def calls_page(
    request: Request, actor: Sees, choice: Annotated[CallChoice, Query()]
) -> Response:
    """What is to be done comes first."""
    return await _page(request, actor, choice)


@router.get("/list")
async def calls_fragment(
    request: Request, actor: Sees, choice: Annotated[CallChoice, Query()]
) -> Response:
    """The part of the page that lives."""
    return render(request, "calls_list.html", **await _list(request, actor, choice))


@router.post("/{call_id}/case")
async def assign(
    request: Request, actor: Decides, call_id: str, case: Annotated[str, Form(max_length=120)] = ""
) -> Response:
    """Say whose call it was."""
    wish = api.CaseWish.model_construct(case=case)
    return await _act(request, actor, api.assign(request, actor, call_id, wish))


@router.post("/{call_id}/done")
async def done(request: Request, actor: Works, call_id: str) -> Response:
    return await _act(request, actor, api.done(request, actor, call_id))


async def _act(request: Request, actor: Actor, act: Coroutine[None, None, object]) -> Response:
    try:
        await act
    except HTTPException as error:
        return await _page(request, actor, CallChoice(), problem=error)
    return RedirectResponse("/calls", 303)


async def _page(
    request: Request, actor: Actor, choice: CallChoice, problem: HTTPException | None = None
) -> Response:
    return render(
        request,
        "calls.html",
        status_code=problem.status_code if problem else 200,
        problem=problem.detail if problem else None,
        **await _list(request, actor, choice),
    )


async def _list(request: Request, actor: Actor, choice: CallChoice) -> dict[str, Any]:
    wanted = CallFilter(
        which=choice.which,
        campaigns=await seen_by(request, actor),
        before=read_cursor(choice.cursor),
    )
    async with services_of(request).db.read() as conn:
        rows = await list_calls(conn, wanted)
    return {
        "rows": rows,
        "choice": choice,
        "choices": list(Which),
        "following": write_cursor(rows[-1].at, rows[-1].id) if len(rows) == PAGE else None,
    }
