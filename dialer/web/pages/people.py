"""The auditor's search, and one person's page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from compliance.facts import Channel
from dialer.reports.people import MOST, FindBy, find_people
from dialer.reports.person_history import person_history
from dialer.reports.pressure import pressure_on
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, may, require, services_of
from dialer.web.frequency import uses
from dialer.web.looking import add_to_look
from dialer.web.render import formats, render

router = APIRouter(prefix="/people", include_in_schema=False)

Finds = Annotated[Actor, Depends(require(Permission.FIND_PEOPLE))]

CHANNELS = (Channel.CALL, Channel.SMS, Channel.EMAIL)


class Search(BaseModel):
    """Words with what they are, and the reader's own days."""

    q: str = ""
    by: FindBy = FindBy.ANYTHING
    since: str = ""
    until: str = ""


@router.get("")
async def search_page(
    request: Request, actor: Finds, search: Annotated[Search, Query()]
) -> Response:
    """Find a person; a period without words is for the list of decisions."""
    period = {"since": search.since, "until": search.until}
    if not search.q.strip() and any(period.values()) and may(actor, Permission.SEE_DECISIONS):
        return RedirectResponse(f"/decisions?{urlencode(period)}", 303)
    async with services_of(request).db.read() as conn:
        people = await find_people(conn, search.q, search.by)
    add_to_look(request, searched_by=search.by, found=[person.id for person in people])
    return render(
        request,
        "people.html",
        search=search,
        sorts=list(FindBy),
        people=people,
        most=MOST,
    )


@router.get("/{consumer_id}")
async def person_page(
    request: Request, actor: Finds, consumer_id: str, since: str = "", until: str = ""
) -> Response:
    services, form = services_of(request), formats(request)
    async with services.db.read() as conn:
        person = await person_history(
            conn, consumer_id, since=form.start_of(since), until=form.end_of(until)
        )
        if person is None:
            raise HTTPException(404)
        pressure = await pressure_on(conn, [consumer_id])
    moments = await services.next_moments(consumer_id, CHANNELS) or []
    return render(
        request,
        "person.html",
        person=person,
        moments=moments,
        uses=uses(moments, services.packs),
        pressure=sorted(pressure, key=lambda sign: sign.at, reverse=True),
        since=since,
        until=until,
    )
