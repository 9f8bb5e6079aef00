"""The auditor's search, and one person's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from compliance.facts import Channel
from dialer.reports.people import MOST, find_people
from dialer.reports.person_history import person_history
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.looking import add_to_look
from dialer.web.render import formats, render

router = APIRouter(prefix="/people", include_in_schema=False)

Finds = Annotated[Actor, Depends(require(Permission.FIND_PEOPLE))]


@router.get("")
async def search_page(
    request: Request, actor: Finds, q: str = "", since: str = "", until: str = ""
) -> Response:
    async with services_of(request).db.read() as conn:
        people = await find_people(conn, q)
    add_to_look(request, found=[person.id for person in people])
    return render(request, "people.html", q=q, since=since, until=until, people=people, most=MOST)


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
    channels = (Channel.CALL, Channel.SMS, Channel.EMAIL)
    moments = [await services.next_moment(consumer_id, channel) for channel in channels]
    return render(
        request,
        "person.html",
        person=person,
        moments=[moment for moment in moments if moment is not None],
        since=since,
        until=until,
    )
