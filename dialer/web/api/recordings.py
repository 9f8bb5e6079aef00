"""The API of recordings: found, heard with a reason, kept on order, and the proof of a deletion."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row
from starlette.responses import StreamingResponse

from dialer.store import recording_life, recordings
from dialer.store.accounts import Actor
from dialer.store.accounts import Role as Account
from dialer.store.recordings import NO_COPY, SEALED, Sought
from dialer.web.auth import Permission, require, services_of
from dialer.web.problems import PROBLEM_RESPONSES
from dialer.web.ranges import Unsatisfiable, best, wanted
from dialer.web.scope import seen_by
from dialer.web.services import Services
from recordings.access import ListenRefused, ListenRequest, Purpose, Role, may_listen
from recordings.vault import Vault, VaultError

WAV, OPUS = "audio/wav", "audio/ogg"
_MOST = 500

router = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES, tags=["recordings"])

Hears = Annotated[Actor, Depends(require(Permission.HEAR_RECORDINGS))]
Decides = Annotated[Actor, Depends(require(Permission.DECIDE_CASES))]


class Recording(BaseModel):
    """What is known of a recording; its audio is heard by `listen`."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    attempt_id: str | None
    inbound_call_id: str | None = Field(description="of a call that came in, instead of an attempt")
    case_id: str | None = Field(description="null for a caller whom nobody has named yet")
    campaign_id: str | None
    agent: str | None
    outcome: str
    recorded_at: datetime | None = Field(validation_alias="active_at")
    duration_ms: int
    notice_ms: int | None = Field(description="where the recording notice ends")
    message_ms: int | None = Field(description="where a message that the caller left begins")
    message_length_ms: int | None
    sha256: str
    sealed_at: datetime
    state: str
    legal_hold: bool
    deleted_at: datetime | None


class Wish(BaseModel):
    """Why somebody wants to hear a recording."""

    purpose: Purpose
    reason: str = Field(description="in words; it is kept")


class Leave(BaseModel):
    """Leave to hear one recording, for its holder alone."""

    listen: str
    audio: str = Field(description="where the audio is")


class Listen(BaseModel):
    """Who had leave to hear it, and why."""

    model_config = ConfigDict(from_attributes=True)

    by: str
    role: str
    purpose: str
    reason: str
    at: datetime


class Order(BaseModel):
    reason: str = Field(min_length=1)


class Hold(BaseModel):
    hold: str


@router.get("/recordings")
async def search(
    request: Request,
    actor: Hears,
    *,
    case: str | None = None,
    agent: str | None = None,
    campaign: str | None = None,
    outcome: str | None = None,
    direction: Literal["in", "out"] | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
) -> list[Recording]:
    """The newest recordings that fit. An agent sees those of their own calls."""
    sought = Sought(
        case_id=case,
        agent=actor.name if actor.role is Account.AGENT else agent,
        campaign_id=campaign,
        outcome=outcome,
        since=since,
        until=until,
        inbound=None if direction is None else direction == "in",
    )
    async with services_of(request).db.read() as conn:
        found = await recordings.find(conn, sought, limit=limit)
    return [Recording.model_validate(row) for row in found]


@router.post("/recordings/{name}/listen", status_code=201)
async def ask(request: Request, actor: Hears, name: str, body: Wish) -> Leave:
    """Leave to hear a recording. Who, why and when are in the ledger before it is given."""
    services = services_of(request)
    async with services.db.read() as conn:
        with found():
            row = await recordings.one(conn, name)
    own_case = await own(request, row, actor)
    answer = may_listen(
        ListenRequest(
            recording=name,
            account_id=actor.name,
            role=Role(actor.role),
            purpose=body.purpose,
            reason=body.reason,
            own_case=own_case,
        ),
        services.clock.now(),
    )
    if isinstance(answer, ListenRefused):
        raise HTTPException(403, answer.why)
    listen = await recordings.listened(services.db, answer)
    return Leave(listen=listen, audio=f"/api/v1/recordings/{name}/audio?listen={listen}")


@router.get("/recordings/{name}/audio", response_class=Response)
async def audio(
    request: Request,
    actor: Hears,
    *,
    name: str,
    listen: str,
    accept: Annotated[str | None, Header()] = None,
    byte_range: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The audio, or a range of it: Opus where it is accepted and there, else the WAV itself."""
    services = services_of(request)
    vault = _vault(services)
    async with services.db.read() as conn:
        with found():
            row = await recordings.one(conn, name)
        now = services.clock.now()
        if not await recordings.may_hear(conn, listen, name, actor.name, now):
            raise HTTPException(403, "ask for leave to hear it first")
    if row.state != SEALED:
        raise HTTPException(410, "the recording was deleted when its time was over")
    kept = {OPUS: row.playback, WAV: name} if row.playback not in (None, NO_COPY) else {WAV: name}
    kind = best(accept, list(kept))
    if kind is None:
        raise HTTPException(406, f"there is {' and '.join(kept)}")
    return await _part(vault, kept[kind], kind, byte_range)


async def _part(vault: Vault, name: str, kind: str, byte_range: str | None) -> Response:
    try:
        known = await vault.describe(name)
    except VaultError as error:
        raise HTTPException(503, str(error)) from error
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{known.sha256}"', "Vary": "Accept"}
    try:
        part = wanted(byte_range, known.bytes)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{known.bytes}"
        return Response(status_code=416, headers=headers)
    start, end = part or (0, known.bytes)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{known.bytes}"
    return StreamingResponse(
        _bytes(vault, name, start, end),
        status_code=200 if part is None else 206,
        media_type=kind,
        headers=headers,
    )


async def _bytes(vault: Vault, name: str, start: int, end: int) -> AsyncIterator[bytes]:
    async for chunk in vault.read(name, start=start, end=end):
        yield chunk


@router.get("/recordings/{name}/listens")
async def listens(
    request: Request, _: Annotated[Actor, Depends(require(Permission.SEE_LEDGER))], name: str
) -> list[Listen]:
    """Who had leave to hear it, newest first."""
    async with services_of(request).db.read() as conn:
        with found():
            await recordings.one(conn, name)
        return [Listen.model_validate(row) for row in await recordings.listens(conn, name)]


@router.get("/recordings/{name}/certificate")
async def certificate(
    request: Request, _: Annotated[Actor, Depends(require(Permission.SEE_LEDGER))], name: str
) -> dict[str, Any]:
    """What was deleted, when and by which rules; its SHA-256 is in the ledger."""
    async with services_of(request).db.read() as conn:
        with found():
            row: Row[Any] = await recordings.one(conn, name)
    if row.certificate is None:
        raise HTTPException(404, "the recording is not deleted")
    return dict(json.loads(row.certificate))


@router.post("/cases/{case_id}/recording-holds", status_code=201)
async def hold(request: Request, actor: Decides, case_id: str, body: Order) -> Hold:
    """Keep everything that is recorded of a case, now and later, until this is released."""
    with found():
        made = await recording_life.hold(
            services_of(request).db, case_id, reason=body.reason, by=actor.name
        )
    return Hold(hold=made)


@router.delete("/recording-holds/{hold_id}", status_code=204)
async def release(request: Request, actor: Decides, hold_id: str) -> None:
    """Lift an order to keep; retention decides from now on, unless another one goes on."""
    with found():
        await recording_life.release(services_of(request).db, hold_id, by=actor.name)


def _vault(services: Services) -> Vault:
    if services.vault is None:
        raise HTTPException(409, "this process has no recordings")
    return services.vault


async def own(request: Request, row: Row[Any], actor: Actor) -> bool:
    """Whether the actor had this call, noted what came of another one of its case, or is of the
    team that a caller left this message to."""
    if row.agent == actor.name:
        return True
    if row.message_length_ms is not None:
        seen = await seen_by(request, actor)
        return seen is None or row.campaign_id in seen
    async with services_of(request).db.read() as conn:
        return row.case_id is not None and await recordings.works_on(conn, row.case_id, actor.name)


@contextmanager
def found() -> Iterator[None]:
    """What is not there is a 404, what can't be taken a 422."""
    try:
        yield
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
