"""The case-store feed as files by period, for a receiver that takes no webhooks.

A file holds a JSON document a line, just as a webhook would bring them, by their time. Where there
is a secret, a second file beside it holds the signature of the first.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from dialer.model.webhook_signature import sign
from dialer.store import outbox
from dialer.store.database import Database
from dialer.store.outbox import Between, OutboxEvent

PAGE = 1_000
SIGNATURE = ".signature"


async def write_feed(db: Database, period: Between, file: Path, secret: bytes | None) -> int:
    """Write the events of a period; how many. A file that stands is whole."""
    part = file.with_name(f"{file.name}.part")
    count = 0
    with part.open("w", encoding="utf-8") as out:
        async for event in _events(db, period):
            out.write(json.dumps(event.document(), ensure_ascii=False, separators=(",", ":")))
            out.write("\n")
            count += 1
        out.flush()
        os.fsync(out.fileno())
    if secret is not None:
        signature = sign(secret, part.read_bytes(), db.clock.now())
        file.with_name(f"{file.name}{SIGNATURE}").write_text(f"{signature}\n", "utf-8")
    part.replace(file)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFiles:
    """A file a day, by UTC, in a folder that the receiver reads."""

    db: Database
    folder: Path
    secret: bytes | None

    async def write_yesterday(self) -> int:
        """The file of the day before; how many events."""
        today = datetime.combine(self.db.clock.now().astimezone(UTC).date(), time(), UTC)
        since = today - timedelta(days=1)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"feed-{since.date().isoformat()}.jsonl"
        return await write_feed(self.db, Between(since=since, until=today), file, self.secret)


async def _events(db: Database, period: Between) -> AsyncIterator[OutboxEvent]:
    after: tuple[datetime, str] | None = None
    while True:
        async with db.read() as conn:
            page = await outbox.between(conn, period, after=after, limit=PAGE)
        for event in page:
            yield event
        if len(page) < PAGE:
            return
        after = (page[-1].at, page[-1].event_id)
