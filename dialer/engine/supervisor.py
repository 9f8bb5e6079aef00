"""Runs each contact as a task of its own: one that fails ends alone, and is reported."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Supervisor:
    """Keeps the running contacts, counted by what they are."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: Counter[str] = Counter()

    def running(self, kind: str) -> int:
        """How many contacts of this kind are under way."""
        return self._running[kind]

    def start(self, work: Coroutine[Any, Any, None], *, kinds: tuple[str, ...], name: str) -> None:
        """Run `work` now, counted under each of `kinds`."""
        task = asyncio.create_task(self._guard(work, kinds, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> int:
        """Wait until all contacts have ended, at most `seconds`; how many did not."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        return len(self._tasks)

    async def _guard(
        self, work: Coroutine[Any, Any, None], kinds: tuple[str, ...], name: str
    ) -> None:
        self._running.update(kinds)
        try:
            await work
        except Exception:
            log.exception("contact failed", contact=name)
        finally:
            self._running.subtract(kinds)

    async def cancel(self) -> None:
        """End what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def open_supervisor() -> AsyncIterator[Supervisor]:
    """On leaving, what still runs is cancelled; its attempts are closed at the next start."""
    supervisor = Supervisor()
    try:
        yield supervisor
    finally:
        await supervisor.cancel()
