"""A console on a real server, for a browser or a stream that lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from tests.conftest import free_port


@asynccontextmanager
async def served(app: FastAPI, within: float = 10.0) -> AsyncIterator[str]:
    """Its address; at the end its streams are closed and it has `within` seconds to be gone."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.wait({task}, timeout=0.01)
    yield f"http://127.0.0.1:{port}"
    app.state.streams.close()
    server.should_exit = True
    await asyncio.wait_for(task, within)
