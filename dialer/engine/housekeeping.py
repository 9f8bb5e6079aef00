"""The few periodic jobs that keep a running service whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from dialer.engine.feed_files import FeedFiles
from dialer.engine.nightly import nightly
from dialer.engine.outbox_sender import OutboxSender
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.engine.reminders import Reminders, assess_plans, judge_promises
from dialer.engine.report_post import ReportPost
from dialer.engine.sending import ACTIVE_LEASE
from dialer.store import attempts, recordings
from dialer.store.database import Database
from dialer.store.ledger_root import record_root
from scheduler.clock import Clock
from scheduler.periodic import Periodic

log = structlog.get_logger(__name__)

RENEW_S = 30.0
RECOVER_S = 30.0
DELIVER_S = 1.0
REMIND_S = 60.0
REPORT_S = 30.0
JUDGE_S = 600.0
ROOT_S = 3600.0
COPY_S = 20.0
FORGET_S = 3600.0
CLOSING_AT = time(0, 30)
FEED_AT = time(2, 0)  # so that what was reported late is in the day's file
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """Leases kept, lapsed attempts closed, recordings sealed, the case-store feed delivered."""

    db: Database
    clock: Clock
    owner: str
    keeper: RecordingKeeper
    carrier_records: Path  # what the far sides report, by day
    outbox: OutboxSender | None
    feed_files: FeedFiles | None
    reminders: Reminders
    reports: ReportPost

    async def at_start(self) -> None:
        """Close what a crash left open, and seal what it left unsealed."""
        recovered = await attempts.recover(self.db, now=self.clock.now(), owner=self.owner)
        if recovered:
            log.warning("attempts closed after a crash", count=len(recovered))
        for file in await self.keeper.left_over():
            await self._seal(file)

    def schedule(self, jobs: Periodic) -> None:
        """Put the jobs on the process's scheduler."""
        jobs.every(RENEW_S, self._renew, "renew leases")
        jobs.every(RECOVER_S, self._recover, "recover lapsed attempts")
        if self.outbox is not None:
            jobs.every(DELIVER_S, self._deliver, "deliver the case-store feed")
        if self.feed_files is not None:
            jobs.daily(FEED_AT, UTC, self._write_feed, "write the case-store feed of a day")
        jobs.every(REMIND_S, self._remind, "remind of promises and instalments")
        jobs.every(REPORT_S, self._report, "reports to superiors")
        jobs.every(JUDGE_S, self._judge, "judge promises and plans")
        jobs.daily(CLOSING_AT, UTC, self._close_day, "close the day")
        jobs.every(COPY_S, self._make_playable, "copies of recordings for listening")
        jobs.every(FORGET_S, self._forget, "retention of recordings")
        jobs.every(ROOT_S, self._root, "bind the ledger under a root")

    async def _renew(self) -> None:
        await attempts.renew(self.db, self.owner, now=self.clock.now(), lease=ACTIVE_LEASE)

    async def _recover(self) -> None:
        await attempts.recover(self.db, now=self.clock.now() - timedelta(seconds=1))

    async def _deliver(self) -> None:
        assert self.outbox is not None
        await self.outbox.run_once()

    async def _write_feed(self) -> None:
        assert self.feed_files is not None
        events = await self.feed_files.write_yesterday()
        log.info("feed written", events=events)

    async def _remind(self) -> None:
        await self.reminders.remind()

    async def _report(self) -> None:
        await self.reports.run_once()

    async def _judge(self) -> None:
        await judge_promises(self.db)
        await assess_plans(self.db)

    async def _close_day(self) -> None:
        await nightly(self.db, self.carrier_records)

    async def _make_playable(self) -> None:
        await self.keeper.make_playable()

    async def _forget(self) -> None:
        if gone := await self.keeper.forget():
            log.info("recordings deleted", count=gone)

    async def _root(self) -> None:
        root = await record_root(self.db)
        log.info("ledger root", root=root)

    async def _seal(self, file: Path) -> None:
        async with self.db.read() as conn:
            call = await recordings.call_of(conn, file.stem)
        if call is not None:
            await self.keeper.seal(file.stem, file)
