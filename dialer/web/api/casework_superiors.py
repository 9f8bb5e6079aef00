"""The API for superiors: legal files, and figures of a period."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dialer.casework.legal_file import Stage
from dialer.reports.legal_bundle import as_pdf, as_zip, collect
from dialer.reports.scope import Scope
from dialer.reports.superiors import Figures, Period, Sheet, figures, hand_over
from dialer.store import legal
from dialer.store.accounts import Actor
from dialer.store.apart import apart
from dialer.store.database import Database
from dialer.store.legal import LegalFile, LegalStep, Readiness, ReferralRefused
from dialer.store.report_schedules import Format
from dialer.web.api.casework_base import Decides, answering, case_and_terms
from dialer.web.auth import Permission, require, services_of
from dialer.web.looking import write_now
from dialer.web.render import formats
from dialer.web.report_files import Printer

router = APIRouter()

SeesReports = Annotated[Actor, Depends(require(Permission.SEE_REPORTS))]


class BundleFormat(StrEnum):
    PDF = "pdf"
    ZIP = "zip"


class StageBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stage: Stage
    on: date
    note: str = Field(min_length=1, max_length=2_000)
    remind_on: date | None = None


class About(BaseModel):
    """Of which days (UTC) a report is, and of which cases; what is left out is all."""

    first: date
    last: date
    creditor: str | None = None
    campaign_id: str | None = None
    team: str | None = None


@router.get("/cases/{case_id}/legal", tags=["legal"])
async def get_readiness(request: Request, actor: Decides, case_id: str) -> Readiness:
    """The checklist, the limitation date, and what is against a referral today."""
    services = services_of(request)
    with answering():
        case, terms = await case_and_terms(request, case_id)
        async with services.db.read() as conn:
            return await legal.readiness(
                conn,
                case,
                terms.required,
                terms.limitation_in(case.region),
                now=services.clock.now(),
            )


@router.post("/cases/{case_id}/legal", tags=["legal"], status_code=201)
async def refer(request: Request, actor: Decides, case_id: str) -> LegalFile:
    """Open a legal file; 409 with every reason against it."""
    services = services_of(request)
    with answering():
        case, terms = await case_and_terms(request, case_id)
        opened = await legal.refer(
            services.db,
            case_id,
            terms.required,
            terms.limitation_in(case.region),
            by=actor.name,
            now=services.clock.now(),
        )
    if isinstance(opened, ReferralRefused):
        raise HTTPException(409, "; ".join(opened.reasons))
    return opened


@router.post("/legal/{legal_id}/stages", tags=["legal"])
async def move_stage(request: Request, actor: Decides, legal_id: str, body: StageBody) -> LegalFile:
    """Take a legal file to its next stage."""
    services = services_of(request)
    step = LegalStep(by=actor.name, **body.model_dump())
    with answering():
        return await legal.move(services.db, legal_id, step, now=services.clock.now())


@router.get("/legal/due", tags=["legal"])
async def get_due(request: Request, actor: Decides, by: date) -> list[LegalFile]:
    """Open legal files whose reminder, or last day for a claim, comes by that day."""
    async with services_of(request).db.read() as conn:
        return await legal.to_look_at(conn, by)


@router.get("/cases/{case_id}/legal-file", tags=["legal"])
async def get_bundle(
    request: Request,
    actor: Decides,
    case_id: str,
    purpose: Annotated[str, Query(min_length=3, max_length=200)],
    form: Annotated[BundleFormat, Query(alias="format")] = BundleFormat.PDF,
) -> Response:
    """The legal file as a download. The look stands in the ledger before anything goes out."""
    services = services_of(request)
    now = services.clock.now()
    with answering():
        case, _ = await case_and_terms(request, case_id)
    await write_now(request, actor, person=case.consumer_id, purpose=purpose, format=form)
    make = as_pdf if form is BundleFormat.PDF else as_zip

    async def job(db: Database) -> bytes:
        async with db.read() as conn:
            return make(await collect(conn, case_id, now=now))

    content = await apart(services.db, job)
    return _download(content, f"application/{form}", f"{case.case_ref}.{form}")


@router.get("/reports/period", tags=["reports"])
async def get_period(
    request: Request, actor: SeesReports, about: Annotated[About, Query()]
) -> list[Sheet]:
    """Figures per agent, campaign, hour and creditor, and the debts by age."""
    return list((await get_figures(request, about)).sheets)


@router.get("/reports/period.{form}", tags=["reports"])
async def get_period_file(
    request: Request, actor: SeesReports, form: Format, about: Annotated[About, Query()]
) -> Response:
    """The same as a file: a workbook, a page with charts, a PDF, or a ZIP of CSV files."""
    found = await get_figures(request, about)
    services = services_of(request)
    printer = Printer(form=formats(request), business_name=services.settings.business_name)
    file = await asyncio.to_thread(printer.one_file, found, form)
    return _download(file.content, file.media_type, file.name)


@router.get("/reports/hand-over/{agent}", tags=["reports"])
async def get_hand_over(request: Request, actor: SeesReports, agent: str) -> Sheet:
    """What an agent who leaves has open."""
    async with services_of(request).db.read() as conn:
        return await hand_over(conn, agent)


async def get_figures(request: Request, about: About) -> Figures:
    """The report that is asked for; 404 for a campaign that is not there."""
    if about.last < about.first:
        raise HTTPException(409, "the last day is before the first")
    services = services_of(request)
    period = Period(first=about.first, last=about.last)
    scope = Scope(
        creditor=about.creditor or None,
        campaign=about.campaign_id or None,
        team=about.team or None,
    )

    async def job(db: Database) -> Figures:
        async with db.read() as conn:
            return await figures(conn, period, services.clock.now(), scope)

    with answering():
        return await apart(services.db, job)


def _download(content: bytes, media_type: str, name: str) -> Response:
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(content, media_type=media_type, headers=headers)
