"""A run of the whole service on the simulated town, and what the far side wrote down.

Run as a process of its own: `real_run.py FOLDER`. It ends when every kind of thing has happened
that the tests look at.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dialer import process, runtime, sample
from dialer.key_ring import open_keys
from dialer.store.database import open_database
from dialer.town.records import CallRecord, MailRecord, TextRecord, to_json
from recordings.keys import KeyRing
from scheduler.clock import SystemClock

AT = datetime(2026, 6, 10, 13, tzinfo=UTC)  # 09:00 in New York, 21:00 in Beijing
LONGEST_S = 80
LOOK_S = 0.5
WANTED = (
    "select 1 from recordings",
    "select 1 from attempts where channel = 'email' and state = 'closed'",
    "select 1 from contact_events e join attempts a on a.consumer_id = e.consumer_id "
    "and a.channel = 'sms' and a.reserved_at > e.at and a.state = 'closed' "
    "where e.outcome = 'STOP'",  # a withdrawal, and its confirmation
)
Records = Sequence[CallRecord] | Sequence[TextRecord] | Sequence[MailRecord]


async def everything_happened(store_url: str, keys: KeyRing) -> None:
    clock = SystemClock()
    async with open_database(store_url, keys) as db:
        for query in WANTED:
            while True:
                async with db.read() as conn:
                    if (await conn.execute(text(query))).first() is not None:
                        break
                await clock.sleep(LOOK_S)


def write(path: Path, records: Records) -> None:
    path.write_text(json.dumps([to_json(record) for record in records]), "utf-8")


def main(folder: Path) -> None:
    async def run(reactor: Any, _stop: asyncio.Event) -> None:
        async with sample.open_sample(
            folder / "data", seed=1, at=AT, listen="127.0.0.1:0"
        ) as opened:
            ended = asyncio.Event()

            async def watch() -> None:
                try:
                    async with asyncio.timeout(LONGEST_S):
                        await everything_happened(
                            opened.settings.store_url, open_keys(opened.settings)
                        )
                finally:
                    ended.set()

            watching = asyncio.create_task(watch())
            await runtime.serve(opened.settings, reactor, ended, lambda _address, _secret: None)
            await watching
            write(folder / "calls.json", await opened.town.calls())
            write(folder / "texts.json", await opened.town.texts())
            write(folder / "mails.json", await opened.town.mails())

    process.run(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
