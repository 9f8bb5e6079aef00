"""The API: the same facts and acts as the console, for programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import AwareDatetime, BaseModel, Field

from compliance.facts import Channel
from dialer.reports.attempts import AttemptFilter, list_attempts
from dialer.reports.campaign_figures import campaign_figures
from dialer.reports.decisions import DecisionDetail, DecisionFilter, find_decision, list_decisions
from dialer.reports.ledger_state import ledger_state
from dialer.store.accounts import Actor
from dialer.web.api import models
from dialer.web.auth import SESSION_COOKIE, Permission, may, require, services_of
from dialer.web.control import CampaignAction, control
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.masking import mask, mask_name, mask_within
from dialer.web.problems import PROBLEM_RESPONSES
from dialer.web.scope import seen_by

# They only describe; `require` is what lets in.
_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer")
_SESSION = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, scheme_name="session")

router = APIRouter(
    prefix="/api/v1",
    responses=PROBLEM_RESPONSES,
    dependencies=[Depends(_BEARER), Depends(_SESSION)],
)

Instant = Annotated[AwareDatetime | None, Query()]

SeesCampaigns = Annotated[Actor, Depends(require(Permission.SEE_CAMPAIGNS))]
ControlsCampaigns = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]
SeesAttempts = Annotated[Actor, Depends(require(Permission.SEE_ATTEMPTS))]
SeesDecisions = Annotated[Actor, Depends(require(Permission.SEE_DECISIONS))]
FindsPeople = Annotated[Actor, Depends(require(Permission.FIND_PEOPLE))]
SeesLedger = Annotated[Actor, Depends(require(Permission.SEE_LEDGER))]
SeesPacks = Annotated[Actor, Depends(require(Permission.SEE_PACKS))]


@router.get("/campaigns", tags=["campaigns"])
async def list_campaigns(
    request: Request, actor: SeesCampaigns, since: Instant = None
) -> list[models.Campaign]:
    """All campaigns with their figures."""
    services = services_of(request)
    now = services.clock.now()
    async with services.db.read() as conn:
        figures = await campaign_figures(conn, since=since or _midnight(now), now=now)
    seen = await seen_by(request, actor)
    return [models.Campaign.model_validate(f) for f in figures if seen is None or f.id in seen]


@router.get("/campaigns/{campaign_id}", tags=["campaigns"])
async def get_campaign(
    request: Request, actor: SeesCampaigns, campaign_id: str, since: Instant = None
) -> models.Campaign:
    """One campaign with its figures."""
    services = services_of(request)
    now = services.clock.now()
    async with services.db.read() as conn:
        figures = await campaign_figures(
            conn, since=since or _midnight(now), now=now, campaign_id=campaign_id
        )
    seen = await seen_by(request, actor)
    if not figures or (seen is not None and campaign_id not in seen):
        raise HTTPException(404, "there is no such campaign")
    return models.Campaign.model_validate(figures[0])


@router.post("/campaigns/{campaign_id}/{action}", tags=["campaigns"])
async def control_campaign(
    request: Request, actor: ControlsCampaigns, campaign_id: str, action: CampaignAction
) -> models.Campaign:
    """Start, pause or stop a campaign; 409 with the reason where its state does not allow it."""
    await get_campaign(request, actor, campaign_id)
    reason = await control(services_of(request), campaign_id, action, actor.name)
    if reason is not None:
        raise HTTPException(409, reason)
    return await get_campaign(request, actor, campaign_id)


class AttemptQuery(BaseModel):
    """What a list of attempts is narrowed to."""

    campaign_id: str | None = None
    channel: Channel | None = None
    outcome: str | None = None
    consumer_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(default=None, description="not included")
    cursor: str | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=100, ge=1, le=1000)


class DecisionQuery(BaseModel):
    """What a list of decisions is narrowed to."""

    allowed: bool | None = Field(default=None, description="false for the refusals")
    campaign_id: str | None = None
    channel: Channel | None = None
    rule: str | None = Field(default=None, description="one of the rules that denied")
    consumer_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(default=None, description="not included")
    cursor: str | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=100, ge=1, le=1000)


@router.get("/attempts", tags=["attempts"])
async def get_attempts(
    request: Request, actor: SeesAttempts, query: Annotated[AttemptQuery, Query()]
) -> models.AttemptPage:
    """Contact attempts, newest first."""
    wanted = AttemptFilter(
        before=read_cursor(query.cursor),
        campaigns=await seen_by(request, actor),
        **query.model_dump(exclude={"cursor", "limit"}),
    )
    async with services_of(request).db.read() as conn:
        rows = await list_attempts(conn, wanted, limit=query.limit)
    return models.AttemptPage(
        attempts=[models.Attempt.model_validate(_shown(actor, row)) for row in rows],
        next=write_cursor(rows[-1].at, rows[-1].id) if len(rows) == query.limit else None,
    )


@router.get("/decisions", tags=["decisions"])
async def get_decisions(
    request: Request, actor: SeesDecisions, query: Annotated[DecisionQuery, Query()]
) -> models.DecisionPage:
    """Decisions of the gate, newest first."""
    wanted = DecisionFilter(
        before=read_cursor(query.cursor),
        **query.model_dump(exclude={"cursor", "limit"}),
    )
    async with services_of(request).db.read() as conn:
        rows = await list_decisions(conn, wanted, limit=query.limit)
    return models.DecisionPage(
        decisions=[models.DecisionSummary.model_validate(_shown(actor, row)) for row in rows],
        next=write_cursor(rows[-1].at, rows[-1].id) if len(rows) == query.limit else None,
    )


@router.get("/decisions/{decision_id}", tags=["decisions"])
async def get_decision(request: Request, actor: SeesDecisions, decision_id: str) -> models.Decision:
    """One decision with every rule's finding, its inputs and its place in the ledger."""
    async with services_of(request).db.read() as conn:
        detail = await find_decision(conn, decision_id)
    if detail is None:
        raise HTTPException(404, "there is no such decision")
    summary = models.DecisionSummary.model_validate(_shown(actor, detail.row))
    return models.Decision(
        **summary.model_dump(),
        findings=[models.Finding.model_validate(f) for f in detail.findings],
        not_applicable=list(detail.not_applicable),
        inputs=_inputs(actor, detail),
        pack_sha256=dict(detail.pack_sha256),
        tz_version=detail.tz_version,
        record_sha256=detail.record_sha256,
        ledger=models.LedgerPlace.model_validate(detail.ledger) if detail.ledger else None,
    )


@router.get("/consumers/{consumer_id}/next", tags=["consumers"])
async def get_next(
    request: Request, actor: FindsPeople, consumer_id: str, channel: Channel
) -> models.NextMoment:
    """When the consumer may next be contacted on the channel, and which rule binds."""
    moments = await services_of(request).next_moments(consumer_id, [channel])
    if moments is None:
        raise HTTPException(404, "there is no such consumer")
    return models.NextMoment.model_validate(moments[0])


@router.get("/ledger", tags=["ledger"])
async def get_ledger(request: Request, actor: SeesLedger) -> models.Ledger:
    """The ledger's streams and their heads."""
    async with services_of(request).db.read() as conn:
        return models.Ledger.model_validate(await ledger_state(conn))


@router.get("/packs", tags=["packs"])
async def get_packs(request: Request, actor: SeesPacks) -> list[models.Pack]:
    """The rule packs in force, each rule with its citation and confidence."""
    return [models.Pack.of(pack) for pack in services_of(request).packs.values()]


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _inputs(actor: Actor, detail: DecisionDetail) -> dict[str, object]:
    if may(actor, Permission.SEE_NUMBERS):
        return dict(detail.inputs)
    return {key: mask_within(value) for key, value in detail.inputs.items()}


def _shown(actor: Actor, row: Any) -> Any:
    """The row with the number and the name masked where the role does not see them."""
    if not may(actor, Permission.SEE_NUMBERS):
        row = replace(row, address=mask(row.address))
    if not may(actor, Permission.SEE_NAMES):
        row = replace(row, consumer=mask_name(row.consumer))
    return row
