"""Everybody's own work list, and the manager's list of plans that wait for an approval."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dialer.reports.calls_in import count_open
from dialer.web.api import casework_work as api
from dialer.web.api.casework_base import Works
from dialer.web.api.casework_work import Approves
from dialer.web.auth import Permission, may, services_of
from dialer.web.render import render
from dialer.web.scope import seen_by

router = APIRouter(prefix="/work", include_in_schema=False)

HERE = "/work"


@router.get("")
async def work_page(request: Request, actor: Works) -> Response:
    """The list."""
    return await _page(request, actor)


@router.get("/count")
async def count(request: Request, actor: Works) -> Response:
    """How much waits, for the mark in the menu; a glance at a number is no look at a case."""
    request.state.look = None
    items = len(await api.get_work(request, actor))
    items += await _calls(request, actor)
    if may(actor, Permission.APPROVE_PLANS):
        items += len(await api.get_requested(request, actor))
    return render(request, "work_count.html", items=items)


@router.post("/{item_id}/done")
async def tick_off(request: Request, actor: Works, item_id: str) -> Response:
    await api.tick_off(request, actor, item_id)
    return RedirectResponse(HERE, 303)


@router.post("/plans/{plan_id}")
async def decide_plan(
    request: Request,
    actor: Approves,
    plan_id: str,
    *,
    approved: Annotated[bool, Form()],
    reason: Annotated[str, Form(min_length=3, max_length=2_000)],
) -> Response:
    body = api.VerdictBody(approved=approved, reason=reason)
    try:
        await api.decide_plan(request, actor, plan_id, body)
    except HTTPException as error:
        return await _page(request, actor, problem=str(error.detail))
    return RedirectResponse(HERE, 303)


async def _calls(request: Request, actor: Works) -> int:
    """How many calls that came in wait for somebody of the actor's teams."""
    seen = await seen_by(request, actor)
    async with services_of(request).db.read() as conn:
        return await count_open(conn, seen)


async def _page(request: Request, actor: Works, *, problem: str | None = None) -> Response:
    approves = may(actor, Permission.APPROVE_PLANS)
    return render(
        request,
        "work.html",
        status_code=409 if problem else 200,
        items=await api.get_work(request, actor),
        requests=await api.get_requested(request, actor) if approves else [],
        approves=approves,
        calls=await _calls(request, actor),
        problem=problem,
    )
