"""The state of the ledger, and its verification on demand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dialer.reports.ledger_state import ledger_state
from dialer.store.accounts import Actor
from dialer.store.ledger_reader import verify
from dialer.web.auth import Permission, require, services_of
from dialer.web.render import render

router = APIRouter(prefix="/ledger", include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_LEDGER))]


@router.get("")
async def ledger_page(request: Request, actor: Sees) -> Response:
    async with services_of(request).db.read() as conn:
        state = await ledger_state(conn)
    return render(request, "ledger.html", state=state, verified=None)


@router.post("/verify")
async def verify_ledger(request: Request, actor: Sees) -> Response:
    """Walk the whole ledger now, and show what was found beside its state."""
    services = services_of(request)
    verified = await verify(services.db)
    async with services.db.read() as conn:
        state = await ledger_state(conn)
    return render(request, "ledger.html", state=state, verified=verified)
