"""What machines ask: does it live, is it ready, and how does it fare."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from dialer.web.auth import services_of

router = APIRouter(tags=["probes"])


class Live(BaseModel):
    status: str = Field(examples=["alive"])


class Readiness(BaseModel):
    """Each part with `ready`, or the reason why it is not."""

    ready: bool
    parts: dict[str, str] = Field(examples=[{"store": "ready", "trunk": "no answer to OPTIONS"}])


@router.get("/healthz")
async def healthz() -> Live:
    """The process lives."""
    return Live(status="alive")


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(request: Request) -> Response:
    """Whether contacts can be made: 503 names each part that is not ready, and why."""
    parts = await services_of(request).health()
    ready = all(reason is None for reason in parts.values())
    body = Readiness(ready=ready, parts={name: reason or "ready" for name, reason in parts.items()})
    return JSONResponse(body.model_dump(), 200 if ready else 503)


@router.get("/metrics", response_class=Response, include_in_schema=False)
async def metrics() -> Response:
    """Figures in Prometheus' text form, without anything of a consumer."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
