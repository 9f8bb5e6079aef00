"""The supervisor's wallboard: agents, lines, budgets, and why a campaign waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dialer.store.accounts import Actor
from dialer.web.api import desk as api
from dialer.web.api import desk_bodies as bodies
from dialer.web.auth import Permission, require
from dialer.web.problems import is_fragment
from dialer.web.render import render

router = APIRouter(prefix="/floor", include_in_schema=False)

MODES = ("manual", "preview", "progressive", "power", "predictive", "agentless")

Controls = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]


@router.get("")
async def floor_page(request: Request, actor: Controls) -> Response:
    return await _show(request, actor, "floor.html")


@router.get("/figures")
async def figures_fragment(request: Request, actor: Controls) -> Response:
    """The part of the page that lives."""
    return await _show(request, actor, "floor_figures.html")


@router.get("/why")
async def why_page(request: Request, actor: Controls) -> Response:
    """Why is nobody being dialed?"""
    return render(request, "why.html", answers=await api.answers(request))


@router.post("/agents/{agent}/log-out")
async def log_out(
    request: Request,
    actor: Controls,
    agent: str,
    told: Annotated[str, Form(min_length=1, max_length=400)],
) -> Response:
    """Log an agent out, with the reason told to them."""
    body = bodies.Dismissal(reason="supervisor", told=told)
    await api.dismiss(request, actor, agent, body)
    if not is_fragment(request):
        return RedirectResponse("/floor", 303)
    return await _show(request, actor, "floor_figures.html")


@router.post("/{campaign_id}/pacing")
async def set_pacing(
    request: Request,
    actor: Controls,
    campaign_id: str,
    mode: Annotated[str, Form()],
    lines: Annotated[int, Form(ge=0, le=5000)],
    *,
    ratio: Annotated[float, Form(ge=0.5, le=5)] = 1.5,
    timer: Annotated[float, Form(ge=0, le=1200)] = 0,
) -> Response:
    """Change a campaign's pace; the wallboard follows within a second."""
    if mode not in MODES:
        raise HTTPException(422, f"{mode} is no mode")
    body = bodies.Pacing.model_validate(
        {
            "mode": mode,
            "lines": lines,
            "ratio": ratio if mode == "power" else None,
            "timer": timer if mode == "preview" and timer else None,
        }
    )
    await api.set_pacing(request, actor, campaign_id, body)
    if not is_fragment(request):
        return RedirectResponse("/floor", 303)
    return await _show(request, actor, "floor_figures.html")


async def _show(request: Request, actor: Actor, template: str) -> Response:
    floor = await api.get_floor(request, actor)
    return render(request, template, floor=floor, modes=MODES)
