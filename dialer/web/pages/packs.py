"""The rule packs in force, each with its marks and texts of law."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from dialer.store.accounts import Actor
from dialer.web.auth import Permission, require, services_of
from dialer.web.labels import CONFIDENCES
from dialer.web.render import render

router = APIRouter(prefix="/packs", include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_PACKS))]


@router.get("")
async def packs_page(request: Request, actor: Sees) -> Response:
    packs = services_of(request).packs.values()
    return render(request, "packs.html", packs=packs, confidences=CONFIDENCES, fault=None, days=30)


@router.get("/{pack_id}")
async def pack_page(request: Request, actor: Sees, pack_id: str) -> Response:
    pack = services_of(request).packs.get(pack_id)
    if pack is None:
        raise HTTPException(404)
    return render(request, "pack.html", pack=pack)
