"""Long work off the loop, apart from the requests.

No request waits for a job, and none is slowed by it: a page asks now and then how far it has come.
Jobs live in the memory of this process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from dialer.store.apart import apart
from dialer.store.database import Database
from dialer.store.ids import new_id

log = structlog.get_logger(__name__)

REMEMBERED = 50


@dataclass(slots=True, kw_only=True)
class Job:
    """Work that was begun: how far it has come, or what came of it. `about` is for people.

    `done` counts in the unit of `total`; without a total there is no measure. `fault` is why it
    failed.
    """

    id: str
    kind: str
    by: str
    begun_at: datetime
    about: str = ""
    total: int | None = None
    done: int = 0
    ended_at: datetime | None = None
    result: Any = None
    fault: str | None = None

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else None


class Jobs:
    """The jobs of this process, the newest last; at most one of a kind runs."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._tasks: set[asyncio.Task[Any]] = set()

    def find(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def latest(self, kind: str) -> Job | None:
        """The job of a kind that was begun last."""
        return next((job for job in reversed(self._jobs.values()) if job.kind == kind), None)

    def begin(
        self,
        kind: str,
        by: str,
        work: Callable[[Database, Job], Awaitable[Any]],
        *,
        about: str = "",
        total: int | None = None,
    ) -> Job:
        """Begin the work; where one of its kind runs already, that job is given instead."""
        latest = self.latest(kind)
        if latest is not None and latest.ended_at is None:
            return latest
        begun_at = self._db.clock.now()
        job = Job(id=new_id("job"), kind=kind, by=by, begun_at=begun_at, about=about, total=total)
        self._jobs[job.id] = job
        while len(self._jobs) > REMEMBERED:
            self._jobs.popitem(last=False)
        task = asyncio.create_task(apart(self._db, lambda db: work(db, job)))
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._end(job, ended))
        return job

    async def settled(self) -> None:
        """Wait until no job runs."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _end(self, job: Job, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        job.ended_at = self._db.clock.now()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            job.fault = f"{type(error).__name__}: {error}"
            log.error("job failed", kind=job.kind, exc_info=error)
        elif not task.cancelled():
            job.result = task.result()
