"""The API of the floor's roster and of campaigns' settings."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field

from dialer.model.campaign_settings import SettingsError, settings_from
from dialer.model.roster import FloorRules, Roster, ShiftRule
from dialer.store import campaigns, roster
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.i18n import zone_names
from dialer.web.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES)

Controls = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]
Names = list[Annotated[str, Field(min_length=1, max_length=60)]]


class ProfileBody(BaseModel):
    """An agent's teams and skills, such as `language:es` or `licence:US-FL`."""

    teams: Names = Field(default_factory=list)
    skills: Names = Field(default_factory=list)


class ShiftBody(BaseModel):
    """Weekly hours of one agent, of a team, or of everybody; days from 0 = Monday."""

    agent: str | None = Field(default=None, max_length=120)
    team: str | None = Field(default=None, max_length=120)
    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1)
    starts: time
    ends: time = Field(description="not after `starts`: on the next day")
    zone: str
    valid_from: date | None = None
    valid_until: date | None = None


class Shift(ShiftBody):
    id: str


class Limits(BaseModel):
    """The longest times in seconds; null = no limit. `breaks_s` by the break's reason."""

    longest_wrap_up_s: int | None = Field(default=None, ge=5, le=7200)
    longest_break_s: int | None = Field(default=None, ge=60, le=36_000)
    breaks_s: dict[str, Annotated[int, Field(ge=60, le=36_000)]] = Field(default_factory=dict)


class RosterNow(BaseModel):
    """The whole plan of the floor."""

    limits: Limits
    agents: dict[str, ProfileBody]
    shifts: list[Shift]


async def roster_of(request: Request) -> Roster:
    """The roster, for a page."""
    services = services_of(request)
    defaults = services.floor.desk.limits if services.floor is not None else None
    async with services.db.read() as conn:
        return await roster.read(conn, defaults)


@router.get("/roster", tags=["floor"])
async def get_roster(request: Request, actor: Controls) -> RosterNow:
    """Teams, skills, shifts and the longest times."""
    found = await roster_of(request)
    rules = found.rules
    return RosterNow(
        limits=Limits(
            longest_wrap_up_s=_seconds(rules.longest_wrap_up),
            longest_break_s=_seconds(rules.longest_break),
            breaks_s={reason: round(x.total_seconds()) for reason, x in rules.breaks.items()},
        ),
        agents={
            agent: ProfileBody(teams=sorted(one.teams), skills=sorted(one.skills))
            for agent, one in found.profiles.items()
        },
        shifts=[
            Shift(
                id=rule.id,
                agent=rule.agent,
                team=rule.team,
                days=sorted(rule.days),
                starts=rule.starts,
                ends=rule.ends,
                zone=rule.zone,
                valid_from=rule.valid_from,
                valid_until=rule.valid_until,
            )
            for rule in found.shifts
        ],
    )


@router.put("/roster/agents/{agent}", tags=["floor"])
async def put_profile(
    request: Request, actor: Controls, agent: str, body: ProfileBody
) -> ProfileBody:
    """Give an agent these teams and skills; the desk follows within seconds."""
    services = services_of(request)
    await roster.assign(
        services.db,
        agent,
        teams=body.teams,
        skills=body.skills,
        now=services.clock.now(),
        by=actor.name,
    )
    return body


@router.post("/roster/shifts", tags=["floor"], status_code=201)
async def add_shift(request: Request, actor: Controls, body: ShiftBody) -> Shift:
    """Enter weekly hours. Whom they bind can't log in outside of them, and is logged out after."""
    if body.zone not in zone_names():
        raise HTTPException(422, f"zone: {body.zone!r} is no IANA time zone")
    services = services_of(request)
    rule = ShiftRule(id="", **{**body.model_dump(), "days": frozenset(body.days)})
    ident = await roster.add_shift(services.db, rule, now=services.clock.now(), by=actor.name)
    return Shift(id=ident, **body.model_dump())


@router.delete("/roster/shifts/{ident}", tags=["floor"], status_code=204)
async def drop_shift(request: Request, actor: Controls, ident: str) -> None:
    """Take weekly hours away."""
    try:
        await roster.drop_shift(services_of(request).db, ident, by=actor.name)
    except LookupError as error:
        raise HTTPException(404, str(error)) from error


@router.put("/roster/limits", tags=["floor"])
async def put_limits(request: Request, actor: Controls, body: Limits) -> Limits:
    """Set the longest wrap-up and breaks."""
    services = services_of(request)
    rules = FloorRules(
        longest_wrap_up=_length(body.longest_wrap_up_s),
        longest_break=_length(body.longest_break_s),
        breaks={reason: timedelta(seconds=s) for reason, s in body.breaks_s.items()},
    )
    await roster.limit(services.db, rules, now=services.clock.now(), by=actor.name)
    return body


@router.get("/campaigns/{campaign_id}/settings", tags=["campaigns"])
async def get_settings(request: Request, actor: Controls, campaign_id: str) -> dict[str, Any]:
    """Team, rank, skills, caller ids, weights, quotas."""
    try:
        async with services_of(request).db.read() as conn:
            return (await campaigns.load(conn, campaign_id)).settings.document()
    except LookupError as error:
        raise HTTPException(404, str(error)) from error


@router.put("/campaigns/{campaign_id}/settings", tags=["campaigns"])
async def put_settings(
    request: Request, actor: Controls, campaign_id: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Set them, also while the campaign runs; what is not named is as in a new campaign."""
    services = services_of(request)
    try:
        settings = settings_from(body)
        await campaigns.configure(
            services.db, campaign_id, settings, now=services.clock.now(), by=actor.name
        )
    except SettingsError as error:
        raise HTTPException(422, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    return settings.document()


def _length(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())
