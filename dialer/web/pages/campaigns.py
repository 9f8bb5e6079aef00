"""The first page: every campaign with what it has before it and what it did today."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dialer.reports.campaign_figures import CampaignFigures, campaign_figures
from dialer.reports.next_due import Ahead, ahead_of
from dialer.reports.pulse import pulse
from dialer.reports.standstill import RUNNING, Note, notes_on
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.control import CampaignAction, control
from dialer.web.problems import is_fragment
from dialer.web.render import formats, render
from dialer.web.scope import seen_by
from dialer.web.services import Services

router = APIRouter(prefix="/campaigns", include_in_schema=False)

CHANNELS = ("call", "sms", "email")

Sees = Annotated[Actor, Depends(require(Permission.SEE_CAMPAIGNS))]
Controls = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]


@router.get("")
async def campaigns_page(request: Request, actor: Sees) -> Response:
    return render(request, "campaigns.html", **await _figures(request))


@router.get("/figures")
async def figures_fragment(request: Request, actor: Sees) -> Response:
    """The part of the page that lives."""
    return render(request, "campaigns_figures.html", **await _figures(request))


@router.get("/pulse")
async def pulse_data(request: Request, actor: Sees) -> Response:
    """The chart's columns: seconds since 1970, calls, SMS, e-mails, refusals."""
    services = services_of(request)
    async with services.db.read() as conn:
        minutes = await pulse(conn, now=services.clock.now())
    return JSONResponse(
        [
            [int(m.at.timestamp()) for m in minutes],
            [m.call for m in minutes],
            [m.sms for m in minutes],
            [m.email for m in minutes],
            [m.refused for m in minutes],
        ]
    )


@router.get("/{campaign_id}")
async def campaign_page(request: Request, actor: Sees, campaign_id: str) -> Response:
    return render(request, "campaign.html", **await _figures(request, campaign_id))


@router.get("/{campaign_id}/figures")
async def campaign_fragment(request: Request, actor: Sees, campaign_id: str) -> Response:
    return render(request, "campaign_figures.html", **await _figures(request, campaign_id))


@router.post("/{campaign_id}/{action}")
async def control_campaign(
    request: Request, actor: Controls, campaign_id: str, action: CampaignAction
) -> Response:
    """Start, pause or stop, then show the figures as they are, with the reason if it failed."""
    await _figures(request, campaign_id)
    reason = await control(services_of(request), campaign_id, action, actor.name)
    if not is_fragment(request):
        if reason is not None:
            raise HTTPException(409, reason)
        return RedirectResponse("/campaigns", 303)
    figures = await _figures(request)
    return render(request, "campaigns_figures.html", **{**figures, "refused_because": reason})


async def _figures(request: Request, campaign_id: str | None = None) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock.now()
    since = formats(request).midnight(now)
    seen = await seen_by(request, request.state.actor)
    async with services.db.read() as conn:
        found = await campaign_figures(conn, since=since, now=now, campaign_id=campaign_id)
        figures = [f for f in found if seen is None or f.id in seen]
        idle = [f.id for f in figures if f.state == RUNNING and not f.due and not f.under_way]
        ahead = await ahead_of(conn, idle, now) if idle else {}
    if campaign_id is not None and not figures:
        raise HTTPException(404)
    return {
        "campaigns": figures,
        "channels": CHANNELS,
        "since": since,
        "totals": _totals(figures),
        "notes": {f.id: _notes(services, f, ahead.get(f.id, Ahead())) for f in figures},
        "refused_because": None,
    }


def _notes(services: Services, figures: CampaignFigures, ahead: Ahead) -> list[Note]:
    waiting = services.waiting().get(figures.id, "")
    return notes_on(figures, waiting, ahead, services.packs)


def _totals(figures: list[CampaignFigures]) -> dict[str, Any]:
    return {
        "running": sum(f.state == RUNNING for f in figures),
        "attempts": sum(f.attempts for f in figures),
        "by_channel": {c: sum(f.channel_total(c) for f in figures) for c in CHANNELS},
        "under_way": sum(f.under_way for f in figures),
        "due": sum(f.due for f in figures),
        "waiting": sum(f.waiting for f in figures),
        "refusals": sum(f.refusals for f in figures),
        "by_rule": sum((Counter(f.refused) for f in figures), Counter()).most_common(1),
    }
