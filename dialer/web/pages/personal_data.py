"""What is held on one person: handed out, erased on request, and who looked at it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dialer.model.erasure import ErasurePlan
from dialer.reports.looks import looks_at
from dialer.reports.subject_export import subject_export
from dialer.store import erasure
from dialer.store.accounts import Actor
from dialer.store.apart import apart
from dialer.store.database import Database
from dialer.store.person_rows import NobodyThere
from dialer.web.auth import Permission, require, services_of
from dialer.web.looking import add_to_look, write_now
from dialer.web.render import render

router = APIRouter(prefix="/people", include_in_schema=False)

Finds = Annotated[Actor, Depends(require(Permission.FIND_PEOPLE))]
Proves = Annotated[Actor, Depends(require(Permission.PROVE))]
Erases = Annotated[Actor, Depends(require(Permission.ERASE_PEOPLE))]
Purpose = Annotated[str, Form(min_length=3, max_length=200)]


@router.get("/{consumer_id}/data")
async def data_page(request: Request, actor: Finds, consumer_id: str) -> Response:
    """What would be erased, what stays and why, and every look at this person."""
    add_to_look(request, purpose="requests of the person")
    services = services_of(request)
    async with services.db.read() as conn:
        looks = await looks_at(conn, consumer_id)
        plan = await _plan(request, consumer_id)
    return render(request, "personal_data.html", person_id=consumer_id, plan=plan, looks=looks)


@router.post("/{consumer_id}/data/export")
async def export(request: Request, actor: Proves, consumer_id: str, purpose: Purpose) -> Response:
    """Everything held on the person, as a download; who asked is durable before it goes out."""
    services = services_of(request)
    now = services.clock.now()

    async def job(db: Database) -> bytes:
        async with db.read() as conn:
            return await subject_export(conn, consumer_id, now)

    try:
        content = await apart(services.db, job)
    except NobodyThere as error:
        raise HTTPException(404) from error
    await write_now(request, actor, person=consumer_id, purpose=purpose)
    name = f"person-{now:%Y%m%dT%H%M%SZ}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/zip", headers=headers)


@router.post("/{consumer_id}/data/erase")
async def erase(
    request: Request,
    actor: Erases,
    consumer_id: str,
    purpose: Purpose,
    confirm: Annotated[str, Form()],
) -> Response:
    """Erase the person; the id has to be typed in, for nothing brings them back."""
    if confirm.strip() != consumer_id:
        raise HTTPException(409, "the id was not typed as it stands there: nothing is erased")
    services = services_of(request)
    try:
        await erasure.erase(
            services.db, consumer_id, by=actor.name, purpose=purpose, now=services.clock.now()
        )
    except NobodyThere as error:
        raise HTTPException(404) from error
    return RedirectResponse(f"/people/{consumer_id}/data", 303)


async def _plan(request: Request, consumer_id: str) -> ErasurePlan:
    services = services_of(request)
    try:
        async with services.db.read() as conn:
            return await erasure.erasure_plan(conn, consumer_id, services.clock.now())
    except NobodyThere as error:
        raise HTTPException(404) from error
