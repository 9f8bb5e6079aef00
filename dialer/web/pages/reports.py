"""Figures of a period for superiors, with bars and charts; the same as files."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dialer.store import campaigns
from dialer.store.report_schedules import Format
from dialer.web.api import casework_superiors
from dialer.web.api.casework_superiors import About, SeesReports
from dialer.web.auth import Permission, may, services_of
from dialer.web.i18n import zone_of
from dialer.web.render import formats, render
from dialer.web.report_files import Printer

router = APIRouter(prefix="/reports", include_in_schema=False)

PERIOD = timedelta(days=6)
SOON = timedelta(days=14)


@router.get("")
async def reports_page(
    request: Request,
    actor: SeesReports,
    *,
    first: date | None = None,
    last: date | None = None,
    creditor: str = "",
    campaign_id: str = "",
    team: str = "",
) -> Response:
    """The last seven days, or the days that are asked for."""
    services = services_of(request)
    until = last or services.clock.now().astimezone(zone_of(request)).date()
    since = first or until - PERIOD
    about = About(first=since, last=until, creditor=creditor, campaign_id=campaign_id, team=team)
    found = await casework_superiors.get_figures(request, about)
    printer = Printer(form=formats(request), business_name=services.settings.business_name)
    due = []
    if may(actor, Permission.DECIDE_CASES):
        due = await casework_superiors.get_due(request, actor, services.clock.now().date() + SOON)
    async with services.db.read() as conn:
        known = await campaigns.list_all(conn)
    return render(
        request,
        "reports.html",
        report=printer.shown(found),
        about=about,
        campaigns=known,
        teams=sorted({c.settings.team for c in known if c.settings.team}),
        formats=list(Format),
        due=due,
    )


@router.get("/period.{form}")
async def report_file(
    request: Request, actor: SeesReports, form: Format, about: Annotated[About, Query()]
) -> Response:
    """The report as a file."""
    return await casework_superiors.get_period_file(request, actor, form, about)
