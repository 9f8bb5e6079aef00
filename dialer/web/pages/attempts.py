"""The live list of contact attempts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from dialer.reports.attempts import PAGE, AttemptFilter, list_attempts
from dialer.reports.campaign_figures import campaign_names
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.labels import OUTCOMES
from dialer.web.render import formats, render
from dialer.web.scope import seen_by

router = APIRouter(prefix="/attempts", include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_ATTEMPTS))]


class AttemptChoice(BaseModel):
    """What the reader narrowed the list to; days are the reader's own."""

    campaign: str = ""
    channel: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""


Choice = Annotated[AttemptChoice, Query()]


@router.get("")
async def attempts_page(request: Request, actor: Sees, choice: Choice) -> Response:
    return render(request, "attempts.html", **await _list(request, choice))


@router.get("/list")
async def attempts_fragment(request: Request, actor: Sees, choice: Choice) -> Response:
    """The part of the page that lives."""
    return render(request, "attempts_list.html", **await _list(request, choice))


async def _list(request: Request, choice: AttemptChoice) -> dict[str, Any]:
    form = formats(request)
    seen = await seen_by(request, request.state.actor)
    wanted = AttemptFilter(
        campaign_id=choice.campaign or None,
        campaigns=seen,
        channel=choice.channel or None,
        outcome=choice.outcome or None,
        since=form.start_of(choice.since),
        until=form.end_of(choice.until),
        before=read_cursor(choice.cursor),
    )
    async with services_of(request).db.read() as conn:
        rows = await list_attempts(conn, wanted)
        names = await campaign_names(conn)
    return {
        "rows": rows,
        "campaigns": {i: n for i, n in names.items() if seen is None or i in seen},
        "outcomes": OUTCOMES,
        "choice": choice,
        "following": write_cursor(rows[-1].at, rows[-1].id) if len(rows) == PAGE else None,
    }
