"""Figures of a period for superiors, with bars for their rates; the same as a workbook."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from dialer.web.api import casework_superiors
from dialer.web.api.casework_superiors import SeesReports
from dialer.web.auth import Permission, may, services_of
from dialer.web.i18n import zone_of
from dialer.web.render import render

router = APIRouter(prefix="/reports", include_in_schema=False)

PERIOD = timedelta(days=6)
SOON = timedelta(days=14)
RATES = ("kept_rate", "penetration", "promise_rate", "rate", "cure_rate")
"""Columns that are a share of one: each is shown with a bar."""


@router.get("")
async def reports_page(
    request: Request, actor: SeesReports, first: date | None = None, last: date | None = None
) -> Response:
    """The last seven days, or the days that are asked for."""
    until = last or services_of(request).clock.now().astimezone(zone_of(request)).date()
    since = first or until - PERIOD
    sheets = await casework_superiors.get_period(request, actor, since, until)
    due = []
    if may(actor, Permission.DECIDE_CASES):
        soon = services_of(request).clock.now().date() + SOON
        due = await casework_superiors.get_due(request, actor, soon)
    return render(
        request, "reports.html", sheets=sheets, first=since, last=until, rates=RATES, due=due
    )
