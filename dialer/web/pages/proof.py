"""The proof pack of one person, handed out for a purpose that the ledger keeps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dialer.reports.proof.collecting import NobodyThere, scope_of
from dialer.reports.proof.writing import write_proof
from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.handing_out import hand_out
from dialer.web.looking import write_now
from dialer.web.render import formats, translate

router = APIRouter(prefix="/people", include_in_schema=False)

Proves = Annotated[Actor, Depends(require(Permission.PROVE))]

SHORTEST_PURPOSE = 3


class Wish(BaseModel):
    """What the pack is for, and of which days (the reader's own); "" = without limit."""

    purpose: str = Field(max_length=200)
    since: str = ""
    until: str = ""


@router.post("/{consumer_id}/proof")
async def proof_pack(
    request: Request, actor: Proves, consumer_id: str, wish: Annotated[Wish, Form()]
) -> Response:
    """Make the pack; who asked, when and why is durable before it is made."""
    services, form = services_of(request), formats(request)
    purpose = wish.purpose.strip()
    if len(purpose) < SHORTEST_PURPOSE:
        raise HTTPException(422, translate(request, "Say what the proof pack is for."))
    since, until = form.start_of(wish.since), form.end_of(wish.until)
    try:
        async with services.db.read() as conn:
            scope = await scope_of(conn, person=consumer_id, case_id=None, since=since, until=until)
    except NobodyThere as error:
        raise HTTPException(404) from error
    await write_now(request, actor, person=consumer_id, purpose=purpose, since=since, until=until)
    return await hand_out(
        services.db,
        f"proof-{consumer_id}-{services.clock.now():%Y%m%dT%H%M%SZ}.zip",
        lambda db, path: write_proof(db, scope, path, by=actor.name),
        media_type="application/zip",
    )
