"""The auditor's nightly job: close the day before, and make a sample of its decisions again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import structlog

from dialer.store.closing.day import Closing, close_day, files_of_day
from dialer.store.database import Database
from dialer.store.replaying import Replayed, replay

log = structlog.get_logger(__name__)

SAMPLE = 1000
WORKERS = 2
"""Processes of the replay: the service's own loop must not stand still for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What the night found."""

    day: date
    closing: Closing
    replayed: Replayed


async def nightly(db: Database, folder: Path, *, workers: int = WORKERS) -> Night:
    """Close yesterday (UTC) with the far side's files in `folder`, as `files_of_day` names them.

    The day's date draws the sample, so that it can be drawn again. Findings are logged by number
    and name; BadRecords where a file cannot be read.
    """
    day = db.clock.now().astimezone(UTC).date() - timedelta(days=1)
    since = datetime.combine(day, time(), UTC)
    replayed = await replay(
        db,
        since=since,
        until=since + timedelta(days=1),
        sample=SAMPLE,
        seed=day.toordinal(),
        workers=workers,
    )
    closing = await close_day(db, day, files_of_day(folder, day))
    found = dict(Counter(str(finding.difference) for finding in closing.findings))
    differing = replayed.decisions - replayed.identical
    tell = log.error if found or differing else log.info
    tell(
        "day closed",
        day=day.isoformat(),
        findings=found,
        replayed=replayed.decisions,
        differing=differing,
        root=closing.root,
    )
    return Night(day=day, closing=closing, replayed=replayed)
