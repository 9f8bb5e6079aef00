"""The supervisor's pages of the plan: who works when and at what, and how a campaign is set."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from dialer.model.campaign_settings import CampaignSettings
from dialer.pacing.vicidial_settings import NAMES
from dialer.store import campaigns
from dialer.store.accounts import Actor, Role, list_accounts
from dialer.web.api import desk_bodies
from dialer.web.api import roster as api
from dialer.web.auth import Permission, require, services_of
from dialer.web.render import formats, render

router = APIRouter(include_in_schema=False)

Controls = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]
_QUOTA = re.compile(r"(\w+) (.+) (\w+) (\d+)")


@router.get("/floor/plan")
async def plan_page(request: Request, actor: Controls) -> Response:
    return await _plan(request, actor)


@router.post("/floor/plan/agents")
async def set_profile(request: Request, actor: Controls) -> Response:
    """Teams and skills of one agent, with commas between them."""
    form = await request.form()
    body = api.ProfileBody(teams=_list(form.get("teams")), skills=_list(form.get("skills")))
    await api.put_profile(request, actor, str(form.get("agent")), body)
    return RedirectResponse("/floor/plan", 303)


@router.post("/floor/plan/shifts")
async def add_shift(request: Request, actor: Controls) -> Response:
    form = await request.form()
    document: dict[str, Any] = {
        name: str(form.get(name) or "") or None
        for name in ("agent", "team", "starts", "ends", "zone", "valid_from", "valid_until")
    }
    document["days"] = [str(day) for day in form.getlist("days")]
    try:
        await api.add_shift(request, actor, api.ShiftBody.model_validate(document))
    except ValidationError as error:
        return await _plan(request, actor, problem=_told(error))
    except HTTPException as error:
        return await _plan(request, actor, problem=error.detail)
    return RedirectResponse("/floor/plan", 303)


@router.post("/floor/plan/shifts/{ident}/drop")
async def drop_shift(request: Request, actor: Controls, ident: str) -> Response:
    await api.drop_shift(request, actor, ident)
    return RedirectResponse("/floor/plan", 303)


@router.post("/floor/plan/limits")
async def set_limits(request: Request, actor: Controls) -> Response:
    """The longest times, in minutes; an empty field is no limit."""
    form = await request.form()
    try:
        minutes = {
            name: round(60 * float(value))
            for name, value in form.items()
            if isinstance(value, str) and value.strip() and name.startswith(("wrap", "break"))
        }
        body = api.Limits(
            longest_wrap_up_s=minutes.get("wrap"),
            longest_break_s=minutes.get("break"),
            breaks_s={
                reason: minutes[f"break-{reason}"]
                for reason in desk_bodies.BREAKS
                if f"break-{reason}" in minutes
            },
        )
    except ValidationError as error:
        return await _plan(request, actor, problem=_told(error))
    except ValueError as error:
        return await _plan(request, actor, problem=str(error))
    await api.put_limits(request, actor, body)
    return RedirectResponse("/floor/plan", 303)


@router.get("/campaigns/{campaign_id}/settings")
async def settings_page(request: Request, actor: Controls, campaign_id: str) -> Response:
    return await _settings(request, campaign_id)


@router.post("/campaigns/{campaign_id}/settings")
async def set_settings(request: Request, actor: Controls, campaign_id: str) -> Response:
    """The form, each list as people write it."""
    form = await request.form()
    entered = {name: str(value).strip() for name, value in form.items()}
    try:
        await api.put_settings(request, actor, campaign_id, _document(entered))
    except HTTPException as error:
        return await _settings(request, campaign_id, problem=error.detail)
    except ValueError as error:
        return await _settings(request, campaign_id, problem=str(error))
    return RedirectResponse(f"/campaigns/{campaign_id}/settings", 303)


async def _plan(request: Request, actor: Actor, *, problem: str | None = None) -> Response:
    now = await api.get_roster(request, actor)
    async with services_of(request).db.read() as conn:
        accounts = await list_accounts(conn)
    names = sorted({a.name for a in accounts if a.role is Role.AGENT} | set(now.agents))
    return render(
        request,
        "plan.html",
        status_code=422 if problem else 200,
        roster=now,
        agents={name: now.agents.get(name, api.ProfileBody()) for name in names},
        breaks=desk_bodies.BREAKS,
        vicidial=NAMES,
        zone=formats(request).zone_name,
        problem=problem,
    )


async def _settings(request: Request, campaign_id: str, *, problem: str | None = None) -> Response:
    try:
        async with services_of(request).db.read() as conn:
            campaign = await campaigns.load(conn, campaign_id)
    except LookupError as error:
        raise HTTPException(404) from error
    return render(
        request,
        "campaign_settings.html",
        status_code=422 if problem else 200,
        campaign=campaign,
        written=_written(campaign.settings),
        vicidial=NAMES,
        problem=problem,
    )


def _written(settings: CampaignSettings) -> dict[str, str]:
    """The lists as people write them."""
    quotas = (f"{q.by} {q.value} {q.of} {q.most}" for q in settings.quotas)
    return {
        "needs": ", ".join(settings.needs),
        "caller_ids": ", ".join(settings.caller_ids),
        "consult_numbers": ", ".join(settings.consult_numbers),
        "weights": ", ".join(f"{name} = {weight}" for name, weight in settings.weights.items()),
        "quotas": "\n".join(quotas),
    }


def _document(entered: dict[str, str]) -> dict[str, Any]:
    weights: dict[str, int] = {}
    for part in _list(entered.get("weights")):
        name, sign, weight = part.partition("=")
        if not sign:
            raise ValueError(f"weights: {part!r} is not written as list = weight")
        weights[name.strip()] = int(weight)
    quotas = []
    for line in filter(None, map(str.strip, entered.get("quotas", "").splitlines())):
        found = _QUOTA.fullmatch(line)
        if found is None:
            raise ValueError(f"quotas: {line!r} is not written as region OH calls 40")
        by, value, of, most = found.groups()
        quotas.append({"by": by, "value": value, "of": of, "most": int(most)})
    return {
        "team": entered.get("team") or None,
        "rank": int(entered.get("rank") or 5),
        "needs": _list(entered.get("needs")),
        "caller_ids": _list(entered.get("caller_ids")),
        "consult_numbers": _list(entered.get("consult_numbers")),
        "weights": weights,
        "quotas": quotas,
        **{
            name: entered.get(name) == "on"
            for name in ("needs_language", "needs_licence", "takes_calls")
        },
    }


def _list(text: object) -> list[str]:
    return [part.strip() for part in str(text or "").split(",") if part.strip()]


def _told(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
