"""The live list of contact attempts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dialer.reports.attempts import PAGE, AttemptFilter, list_attempts
from dialer.reports.campaign_figures import campaign_names
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.labels import CHANNELS, OUTCOMES
from dialer.web.render import formats, render

router = APIRouter(prefix="/attempts", include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_ATTEMPTS))]


@router.get("")
async def attempts_page(
    request: Request,
    actor: Sees,
    campaign: str = "",
    channel: str = "",
    outcome: str = "",
    since: str = "",
    until: str = "",
    cursor: str = "",
) -> Response:
    return render(
        request,
        "attempts.html",
        **await _list(request, campaign, channel, outcome, since, until, cursor),
    )


@router.get("/list")
async def attempts_fragment(
    request: Request,
    actor: Sees,
    campaign: str = "",
    channel: str = "",
    outcome: str = "",
    since: str = "",
    until: str = "",
    cursor: str = "",
) -> Response:
    """The part of the page that lives."""
    return render(
        request,
        "attempts_list.html",
        **await _list(request, campaign, channel, outcome, since, until, cursor),
    )


async def _list(
    request: Request,
    campaign: str,
    channel: str,
    outcome: str,
    since: str,
    until: str,
    cursor: str,
) -> dict[str, Any]:
    form = formats(request)
    wanted = AttemptFilter(
        campaign_id=campaign or None,
        channel=channel or None,
        outcome=outcome or None,
        since=form.start_of(since),
        until=form.end_of(until),
        before=read_cursor(cursor),
    )
    async with services_of(request).db.read() as conn:
        rows = await list_attempts(conn, wanted)
        campaigns = await campaign_names(conn)
    return {
        "rows": rows,
        "campaigns": campaigns,
        "channels": [c for c in CHANNELS if c in ("call", "sms", "email")],
        "outcomes": OUTCOMES,
        "chosen": {
            "campaign": campaign,
            "channel": channel,
            "outcome": outcome,
            "since": since,
            "until": until,
        },
        "cursor": cursor,
        "following": write_cursor(rows[-1].at, rows[-1].id) if len(rows) == PAGE else None,
    }
