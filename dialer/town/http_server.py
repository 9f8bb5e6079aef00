"""A FastAPI application on a loopback port, inside the running loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from dialer.town.loopback import LOOPBACK


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's business."""
        yield


@asynccontextmanager
async def serve_routes(router: APIRouter, port: int = 0) -> AsyncIterator[int]:
    """Serve the routes; yields the port, which takes connections from then on."""
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    listening = socket.create_server((LOOPBACK, port))
    config = uvicorn.Config(
        app, loop="none", http="h11", ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await serving
        listening.close()
