"""A draft pack put before past decisions: what it would refuse, permit or move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from compliance.pack import PackError, RulePack, parse
from dialer.reports.pack_diff import Difference, differences
from dialer.store.accounts import Actor
from dialer.store.database import Database
from dialer.store.replaying import Drafted, try_draft
from dialer.web.auth import Permission, require, services_of
from dialer.web.jobs import Job, Jobs
from dialer.web.labels import CONFIDENCES
from dialer.web.problems import is_fragment
from dialer.web.render import render, translate

router = APIRouter(prefix="/packs/whatif", include_in_schema=False)

Tries = Annotated[Actor, Depends(require(Permission.TRY_DRAFTS))]

KIND = "what-if"
MOST_BYTES = 1024 * 1024
MOST_DAYS = 3660
SHOWN = 50
"""Changes of each sort that the page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was tried over how many days, against which version in force, and what came of it."""

    draft: RulePack
    days: int
    against: RulePack | None
    differs: tuple[Difference, ...]
    drafted: Drafted


@router.post("")
async def try_a_draft(
    request: Request,
    actor: Tries,
    draft: UploadFile,
    days: Annotated[int, Form(ge=1, le=MOST_DAYS)] = 30,
) -> Response:
    """Begin to put the decisions of so many days before the draft."""
    services = services_of(request)
    try:
        pack = await _read(request, draft)
    except PackError as error:
        return render(
            request,
            "packs.html",
            status_code=422,
            packs=services.packs.values(),
            confidences=CONFIDENCES,
            fault=error,
            days=days,
        )
    against = services.packs.get(pack.pack_id)
    since = services.clock.now() - timedelta(days=days)

    async def work(db: Database, _: Job) -> Trial:
        return Trial(
            draft=pack,
            days=days,
            against=against,
            differs=differences(against, pack) if against else (),
            drafted=await try_draft(db, pack, since=since),
        )

    kind, about = f"{KIND} {pack.sha256} {days}", f"{pack.pack_id} {pack.version}"
    job = _jobs(request).begin(kind, actor.name, work, about=about)
    return RedirectResponse(f"/packs/whatif/{job.id}", 303)


@router.get("/{job_id}")
async def whatif_page(request: Request, actor: Tries, job_id: str) -> Response:
    """How far it has come, or what came of it."""
    job = _jobs(request).find(job_id)
    if job is None or not job.kind.startswith(KIND):
        raise HTTPException(404)
    page = "whatif_result.html" if is_fragment(request) else "whatif.html"
    return render(request, page, job=job, trial=job.result, shown=SHOWN)


async def _read(request: Request, draft: UploadFile) -> RulePack:
    """The pack of the file; PackError where it holds none."""
    name = draft.filename or "draft.toml"
    raw = await draft.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise PackError(name, 1, translate(request, "A draft may have one megabyte at most."))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PackError(name, line, translate(request, "This is no text in UTF-8.")) from error
    return parse(text, name)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs
