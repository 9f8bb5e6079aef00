"""The console and the API on uvicorn, inside the process's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from dialer.web.app import create_app
from dialer.web.services import Services

GRACE_S = 1


class _Server(uvicorn.Server):
    """Signals belong to the reactor."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_console(services: Services, listener: socket.socket) -> AsyncIterator[None]:
    """Serve on a bound socket while the block runs."""
    app = create_app(services)
    server = _Server(
        uvicorn.Config(
            app,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listener]), name="console")
    try:
        yield
    finally:
        app.state.streams.close()
        server.should_exit = True
        await running
        await app.state.looks.written()


def bind(address: str) -> socket.socket:
    """A listening socket on `host:port`; port 0 takes a free one. OSError names what is wrong."""
    host, _, port = address.rpartition(":")
    return socket.create_server((host, int(port)), backlog=256)
