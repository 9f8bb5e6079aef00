"""The console and the API as one ASGI application."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from dialer.web import agreements, events, hooks, pages, probes, problems
from dialer.web.api import casework, desk, desk_consulting, inbound_calls, recordings, roster, v1
from dialer.web.jobs import Jobs
from dialer.web.limits import FailureLimit
from dialer.web.looking import Looking, Looks
from dialer.web.render import STATIC
from dialer.web.security import Headers
from dialer.web.services import Services

ROUTERS = (
    v1.router,
    casework.router,
    desk.router,
    desk_consulting.router,
    roster.router,
    recordings.router,
    inbound_calls.router,
    probes.router,
    events.router,
    hooks.router,
    agreements.router,
    *pages.ROUTERS,
)


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description, with the form of the errors that all routes share."""
        document = super().openapi()
        document["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
        return document


def create_app(services: Services) -> FastAPI:
    """Build the application on its services.

    Before the server is told to stop, call `app.state.streams.close()`: it ends the open event
    streams, for which the server would wait. After it, await `app.state.looks.written()`: it
    gives the last looks time to reach the ledger.
    """
    app = _App(
        title="Ringfence",
        summary="An outreach dialer for collections: lawful contacts, each with its proof.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        license_info={"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
    )
    app.state.services = services
    app.state.streams = events.Streams()
    app.state.failures = FailureLimit(services.clock)
    app.state.jobs = Jobs(services.db)
    app.state.looks = Looks(services.db)
    app.add_middleware(Looking, looks=app.state.looks)
    app.add_middleware(Headers, https=services.settings.https)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
