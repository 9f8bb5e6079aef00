"""The sample as a newcomer meets it: agents at work, and a desk with a phone for the visitor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialer.sample import INVENTED_AGENTS, LOG_INS
from dialer.store.accounts import Role
from dialer.town.clerk import Desk, Seat
from scheduler.clock import SystemClock

AT = "2026-06-10T15:00:00Z"  # 08:00 in Los Angeles, 11:00 in New York
PATIENCE_S = 90.0


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    """What `found` gives once it is something. Raises TimeoutError."""
    clock = SystemClock()
    for _ in range(int(PATIENCE_S / 0.25)):
        if value := await found():
            return value
        await clock.sleep(0.25)
    raise TimeoutError


@asynccontextmanager
async def sample(folder: Path, port: int) -> AsyncIterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "RINGFENCE_DATA_DIR": str(folder),
        "RINGFENCE_LISTEN": f"127.0.0.1:{port}",
    }
    command = [sys.executable, "-u", "-c", "from dialer.cli import main; main()", "sample"]
    service = subprocess.Popen(
        [*command, "--at", AT], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert service.stdout is not None
    with service.stdout as lines:
        try:
            while "Console: " not in next(lines):
                pass
            yield service
        finally:
            service.kill()
            service.wait()


async def signed_in(client: httpx.AsyncClient, role: Role) -> Desk:
    desk = Desk(client)
    await desk.sign_in(Seat(name=role, password=LOG_INS[role], works=False))
    return desk


@pytest.mark.timeout(300)
async def test_a_visitor_takes_a_call_among_agents_at_work(
    tmp_path: Path, free_tcp_port: int
) -> None:
    base = f"http://127.0.0.1:{free_tcp_port}"
    async with (
        sample(tmp_path, free_tcp_port) as service,
        httpx.AsyncClient(base_url=base) as a,
        httpx.AsyncClient(base_url=base) as b,
    ):
        visitor = await signed_in(a, Role.AGENT)
        supervisor = await signed_in(b, Role.SUPERVISOR)

        async def with_a_phone() -> Any:
            return (await visitor.get("/desk"))["phone"]

        async def on_a_call() -> Any:
            now = await visitor.get("/desk")
            if now["state"] == "offline" and not now["calling"]:
                await visitor.post("/desk/log-in", {})
            elif now["state"] == "on_break":
                await visitor.post("/desk/ready")
            return now["call"]

        async def colleagues_on_calls() -> Any:
            floor = await supervisor.get("/floor")
            busy = {one["agent"] for one in floor["agents"] if one["call_id"]}
            return busy & set(INVENTED_AGENTS)

        await until(with_a_phone)
        await until(colleagues_on_calls)
        call = await until(on_a_call)
        case = await visitor.get("/desk/case")
        assert case["id"] == call["case_id"]
        assert case["full_name"] and not case["debt_shown"]
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE_S) == 0
