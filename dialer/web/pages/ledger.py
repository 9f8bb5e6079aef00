"""The state of the ledger, its verification as a job, and its export."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from dialer.reports.ledger_state import ledger_state
from dialer.store.accounts import Actor
from dialer.store.database import Database
from dialer.store.ledger_reader import Verified, export, verify
from dialer.store.ledger_root import read_roots
from dialer.web.auth import Permission, require, services_of
from dialer.web.handing_out import hand_out
from dialer.web.jobs import Job, Jobs
from dialer.web.looking import write_now
from dialer.web.problems import is_fragment
from dialer.web.render import render

router = APIRouter(prefix="/ledger", include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_LEDGER))]
Exports = Annotated[Actor, Depends(require(Permission.EXPORT_LEDGER))]

VERIFICATION = "verification"
ROOTS_SHOWN = 5


@router.get("")
async def ledger_page(request: Request, actor: Sees) -> Response:
    async with services_of(request).db.read() as conn:
        state = await ledger_state(conn)
        roots = await read_roots(conn)
    return render(
        request,
        "ledger.html",
        state=state,
        roots=roots[: -ROOTS_SHOWN - 1 : -1],
        root_count=len(roots),
        **_verification(request),
    )


@router.post("/verify")
async def verify_ledger(request: Request, actor: Sees) -> Response:
    """Begin to walk the whole ledger; where a walk is under way already, that one is shown."""
    async with services_of(request).db.read() as conn:
        state = await ledger_state(conn)
    _jobs(request).begin(VERIFICATION, actor.name, _walk, total=state.entries)
    if is_fragment(request):
        return render(request, "verification.html", **_verification(request))
    return RedirectResponse("/ledger", 303)


@router.get("/verification")
async def verification_fragment(request: Request, actor: Sees) -> Response:
    """The part of the page that tells how far the walk has come."""
    return render(request, "verification.html", **_verification(request))


@router.post("/export")
async def export_ledger(request: Request, actor: Exports) -> Response:
    """The whole ledger as JSON lines, which verify without a database."""
    await write_now(request, actor, person=None)
    services = services_of(request)
    return await hand_out(
        services.db,
        f"ledger-{services.clock.now():%Y%m%dT%H%M%SZ}.jsonl",
        export,
        media_type="application/jsonl",
    )


async def _walk(db: Database, job: Job) -> Verified:
    def tell(entries: int) -> None:
        job.done = entries

    return await verify(db, tell)


def _verification(request: Request) -> dict[str, Any]:
    return {"job": _jobs(request).latest(VERIFICATION)}


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs
