"""The API for superiors: legal files, and figures of a period."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dialer.casework.legal_file import Stage
from dialer.reports.legal_bundle import as_pdf, as_zip, collect
from dialer.reports.spreadsheet import as_xlsx
from dialer.reports.superiors import Period, Sheet, hand_over, period_report
from dialer.store import legal
from dialer.store.accounts import Actor
from dialer.store.database import Database
from dialer.store.legal import LegalFile, LegalStep, Readiness, ReferralRefused
from dialer.web.api.casework_base import Decides, answering, case_and_terms
from dialer.web.auth import Permission, require, services_of
from dialer.web.jobs import apart
from dialer.web.looking import write_now

router = APIRouter()

SeesReports = Annotated[Actor, Depends(require(Permission.SEE_REPORTS))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BundleFormat(StrEnum):
    PDF = "pdf"
    ZIP = "zip"


class StageBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stage: Stage
    on: date
    note: str = Field(min_length=1, max_length=2_000)
    remind_on: date | None = None


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
async def get_period(request: Request, actor: SeesReports, first: date, last: date) -> list[Sheet]:
    """Figures per agent, campaign, hour and creditor, and the debts by age."""
    return list(await _sheets(request, first, last))


@router.get("/reports/period.xlsx", tags=["reports"])
async def get_period_workbook(
    request: Request, actor: SeesReports, first: date, last: date
) -> Response:
    """The same as a workbook."""
    sheets = await _sheets(request, first, last)
    content = as_xlsx((sheet.name, sheet.header, sheet.rows) for sheet in sheets)
    return _download(content, XLSX, f"{first}_{last}.xlsx")


@router.get("/reports/hand-over/{agent}", tags=["reports"])
async def get_hand_over(request: Request, actor: SeesReports, agent: str) -> Sheet:
    """What an agent who leaves has open."""
    async with services_of(request).db.read() as conn:
        return await hand_over(conn, agent)


async def _sheets(request: Request, first: date, last: date) -> tuple[Sheet, ...]:
    if last < first:
        raise HTTPException(409, "the last day is before the first")
    services = services_of(request)
    period = Period(first=first, last=last)

    async def job(db: Database) -> tuple[Sheet, ...]:
        async with db.read() as conn:
            return await period_report(conn, period, services.clock.now())

    return await apart(services.db, job)


def _download(content: bytes, media_type: str, name: str) -> Response:
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(content, media_type=media_type, headers=headers)
