"""The API of the reports that go out by themselves: schedules, and what was sent."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from dialer.store import campaigns, report_schedules
from dialer.store.accounts import Actor
from dialer.store.report_schedules import (
    Format,
    NewSchedule,
    Run,
    RunState,
    Schedule,
    ScheduleState,
)
from dialer.web.api.casework_base import Done, answering
from dialer.web.auth import Permission, require, services_of
from dialer.web.i18n import LANGUAGES, zone_names
from messaging.email.staff import need_ours
from scheduler.recurrence import Every, Recurrence

router = APIRouter()

Schedules = Annotated[Actor, Depends(require(Permission.SCHEDULE_REPORTS))]


class ScheduleBody(BaseModel):
    """What is sent when, to whom. `at` is a local time of `zone`; what is left out is all."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    every: Every
    at: time
    zone: str
    weekday: int = Field(default=0, ge=0, le=6, description="of a weekly one, 0 = Monday")
    day: int = Field(default=1, ge=1, le=31, description="of a monthly one")
    recipients: list[str] = Field(min_length=1, max_length=20)
    formats: list[Format] = Field(min_length=1)
    language: str = "en"
    creditor: str | None = Field(default=None, max_length=120)
    campaign_id: str | None = None
    team: str | None = Field(default=None, max_length=60)


class StateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: ScheduleState


class ScheduleOut(BaseModel):
    """A schedule."""

    id: str
    name: str
    state: ScheduleState
    every: Every
    at: time
    zone: str
    weekday: int
    day: int
    recipients: list[str]
    formats: list[Format]
    language: str
    creditor: str | None
    campaign_id: str | None
    team: str | None
    by: str
    next_at: datetime

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleOut:
        told, rule = schedule.told, schedule.told.recurrence
        return cls(
            id=schedule.id,
            name=told.name,
            state=schedule.state,
            every=rule.every,
            at=rule.at,
            zone=rule.zone.key,
            weekday=rule.weekday,
            day=rule.day,
            recipients=list(told.recipients),
            formats=list(told.formats),
            language=told.language,
            creditor=told.creditor,
            campaign_id=told.campaign_id,
            team=told.team,
            by=told.by,
            next_at=schedule.next_at,
        )


class RunOut(BaseModel):
    """One report that was due. `error` is the last failure's; `waiting_for` has it not yet."""

    id: str
    schedule_id: str
    name: str
    due_at: datetime
    first: date
    last: date
    state: RunState
    tries: int
    delivered: list[str]
    waiting_for: list[str]
    files: dict[str, str]
    error: str | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> RunOut:
        return cls(
            id=run.id,
            schedule_id=run.schedule.id,
            name=run.schedule.told.name,
            due_at=run.due_at,
            first=run.first,
            last=run.last,
            state=run.state,
            tries=run.tries,
            delivered=list(run.delivered),
            waiting_for=list(run.waiting_for),
            files=dict(run.files),
            error=run.error,
            ended_at=run.ended_at,
        )


@router.get("/reports/schedules", tags=["reports"])
async def get_schedules(request: Request, actor: Schedules) -> list[ScheduleOut]:
    """The schedules, by name."""
    async with services_of(request).db.read() as conn:
        return [ScheduleOut.of(schedule) for schedule in await report_schedules.listed(conn)]


@router.post("/reports/schedules", tags=["reports"], status_code=201)
async def add_schedule(request: Request, actor: Schedules, body: ScheduleBody) -> ScheduleOut:
    """Have a report sent from now on; 409 for a recipient outside of the house's domains."""
    services = services_of(request)
    if body.zone not in zone_names():
        raise HTTPException(409, f"there is no time zone {body.zone}")
    if body.language not in LANGUAGES:
        raise HTTPException(409, f"reports are written in {', '.join(LANGUAGES)}")
    if actor.account_id is None:
        raise HTTPException(409, "a schedule belongs to a person's account")
    with answering():
        for address in body.recipients:
            need_ours(address, services.settings.report_domains)
        if body.campaign_id is not None:
            async with services.db.read() as conn:
                await campaigns.load(conn, body.campaign_id)
        rule = Recurrence(
            every=body.every,
            at=body.at.replace(second=0, microsecond=0, tzinfo=None),
            zone=ZoneInfo(body.zone),
            weekday=body.weekday,
            day=body.day,
        )
        new = NewSchedule(
            name=body.name,
            recurrence=rule,
            recipients=tuple(dict.fromkeys(body.recipients)),
            formats=tuple(form for form in Format if form in body.formats),
            language=body.language,
            by=actor.name,
            creditor=body.creditor or None,
            campaign_id=body.campaign_id,
            team=body.team or None,
        )
        added = await report_schedules.add(services.db, new, now=services.clock.now())
    return ScheduleOut.of(added)


@router.post("/reports/schedules/{schedule_id}", tags=["reports"])
async def switch_schedule(
    request: Request, actor: Schedules, schedule_id: str, body: StateBody
) -> Done:
    """Pause a schedule, go on with it, or delete it."""
    services = services_of(request)
    with answering():
        changed = await report_schedules.switch(
            services.db, schedule_id, body.state, by=actor.name, now=services.clock.now()
        )
    return Done(changed=changed)


@router.get("/reports/runs", tags=["reports"])
async def get_runs(request: Request, actor: Schedules) -> list[RunOut]:
    """The last reports, newest first: sent, waiting for another try, or failed."""
    async with services_of(request).db.read() as conn:
        return [RunOut.of(run) for run in await report_schedules.runs(conn)]
