"""The few periodic jobs of a process, on APScheduler. Never one job per case."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_SCHEDULER_SHUTDOWN,
    JobExecutionEvent,
    SchedulerEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

Job = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


def next_daily(at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant later than `after` (UTC) at which a day of `zone` reaches `at`.

    Exactly one a day: the first of two where clocks go back, and as much later as they went
    forward where `at` is left out.
    """
    day = after.astimezone(zone).date()
    while True:
        instant = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        if instant > after:
            return instant
        day += timedelta(days=1)


class _Daily(BaseTrigger):
    """APScheduler's own cron trigger runs twice in the night when clocks go back."""

    def __init__(self, at: time, zone: ZoneInfo) -> None:
        self._at = at
        self._zone = zone

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        return next_daily(self._at, self._zone, previous_fire_time or now)


class Periodic:
    """Runs jobs by the wall clock. A job never overlaps itself; missed runs become one run.

    A job that fails is logged and runs again at its next time; the others are not touched.
    """

    def __init__(self, scheduler: AsyncIOScheduler) -> None:
        self._scheduler = scheduler
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def every(self, seconds: float, job: Job, name: str) -> None:
        """Run `job` every `seconds` (at least 1), first after that time. Names are unique."""
        if seconds < 1:
            raise ValueError(f"{name}: {seconds} s is too often for a periodic job")
        self._add(IntervalTrigger(seconds=seconds, timezone=UTC), job, name)

    def daily(self, at: time, zone: ZoneInfo, job: Job, name: str) -> None:
        """Run `job` once each day at the local time `at` of `zone`. Names are unique."""
        self._add(_Daily(at, zone), job, name)

    def _add(self, trigger: BaseTrigger, job: Job, name: str) -> None:
        async def run() -> None:
            await self._run(job)

        self._scheduler.add_job(run, trigger, id=name, name=name)

    async def _run(self, job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await job()
        except asyncio.CancelledError:
            # At shutdown a cancelled job is no failure; APScheduler would report it as one.
            if not self._closing:
                raise
        finally:
            self._running.discard(task)

    async def close(self) -> None:
        """Start nothing more, cancel what runs, return when all of it has ended."""
        self._closing = True
        stopped = asyncio.Event()
        self._scheduler.add_listener(lambda _: stopped.set(), EVENT_SCHEDULER_SHUTDOWN)
        self._scheduler.shutdown(wait=False)
        await stopped.wait()
        while self._running:
            await asyncio.wait(self._running)


@asynccontextmanager
async def periodic() -> AsyncIterator[Periodic]:
    """The process's one scheduler: jobs live in memory, and end with the context."""
    # The listener below reports failures; the executor's own report would be a second one.
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
    # A round that takes longer than its interval is no event: the next one does the rest.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(_report_failure, EVENT_JOB_ERROR)
    scheduler.start()
    jobs = Periodic(scheduler)
    try:
        yield jobs
    finally:
        await jobs.close()


def _report_failure(event: SchedulerEvent) -> None:
    if isinstance(event, JobExecutionEvent):
        log.error(
            "periodic job failed",
            job=event.job_id,
            error=repr(event.exception),
            traceback=event.traceback,
        )
