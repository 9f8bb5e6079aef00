"""The supervisor's page of reports that go out by themselves."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from dialer.store import campaigns, report_schedules
from dialer.store.report_schedules import Format, ScheduleState
from dialer.web.api import report_schedules as api
from dialer.web.api.report_schedules import Schedules
from dialer.web.auth import services_of
from dialer.web.i18n import language_of, zone_of
from dialer.web.pages.case_acts import Short
from dialer.web.render import render
from scheduler.recurrence import Every

router = APIRouter(prefix="/reports/schedules", include_in_schema=False)

HERE = "/reports/schedules"


@router.get("")
async def schedules_page(request: Request, actor: Schedules) -> Response:
    """The schedules and what was sent."""
    return await _page(request)


@router.post("")
async def add_schedule(
    request: Request,
    actor: Schedules,
    *,
    name: Annotated[str, Form(min_length=1, max_length=120)],
    every: Annotated[Every, Form()],
    at: Annotated[time, Form()],
    zone: Short,
    recipients: Annotated[str, Form(max_length=2_000)],
    formats: Annotated[list[Format], Form()],
    weekday: Annotated[int, Form(ge=0, le=6)] = 0,
    day: Annotated[int, Form(ge=1, le=31)] = 1,
    language: Short = "en",
    creditor: Short = "",
    campaign_id: Short = "",
    team: Short = "",
) -> Response:
    """Recipients are separated by commas, spaces or lines."""
    try:
        body = api.ScheduleBody(
            name=name,
            every=every,
            at=at,
            zone=zone,
            weekday=weekday,
            day=day,
            recipients=recipients.replace(",", " ").split(),
            formats=formats,
            language=language,
            creditor=creditor or None,
            campaign_id=campaign_id or None,
            team=team or None,
        )
        await api.add_schedule(request, actor, body)
    except ValidationError as error:
        return await _page(request, problem=str(error.errors()[0]["msg"]))
    except HTTPException as error:
        return await _page(request, problem=str(error.detail))
    return RedirectResponse(HERE, 303)


@router.post("/{schedule_id}")
async def switch_schedule(
    request: Request,
    actor: Schedules,
    schedule_id: str,
    state: Annotated[ScheduleState, Form()],
) -> Response:
    await api.switch_schedule(request, actor, schedule_id, api.StateBody(state=state))
    return RedirectResponse(HERE, 303)


async def _page(request: Request, *, problem: str | None = None) -> Response:
    services = services_of(request)
    async with services.db.read() as conn:
        known = await campaigns.list_all(conn)
        schedules = await report_schedules.listed(conn)
        runs = await report_schedules.runs(conn)
    return render(
        request,
        "report_schedules.html",
        status_code=409 if problem else 200,
        schedules=schedules,
        runs=runs,
        campaigns={campaign.id: campaign.name for campaign in known},
        teams=sorted({c.settings.team for c in known if c.settings.team}),
        domains=services.settings.report_domains,
        formats=list(Format),
        everys=list(Every),
        zone=str(zone_of(request)),
        tag=language_of(request).tag,
        problem=problem,
    )
