"""A short run of the whole service on the simulated town, and what the far side wrote down.

Run as a process of its own: `real_run.py FOLDER SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialer import process, runtime, sample
from dialer.town.records import CallRecord, MailRecord, TextRecord, to_json

AT = datetime(2026, 6, 10, 13, tzinfo=UTC)  # 09:00 in New York, 21:00 in Beijing
Records = Sequence[CallRecord] | Sequence[TextRecord] | Sequence[MailRecord]


def write(path: Path, records: Records) -> None:
    path.write_text(json.dumps([to_json(record) for record in records]), "utf-8")


def main(folder: Path, seconds: float) -> None:
    async def run(reactor: Any, _stop: asyncio.Event) -> None:
        async with sample.open_sample(
            folder / "data", seed=1, at=AT, listen="127.0.0.1:0"
        ) as opened:
            ended = asyncio.Event()

            def started(_address: str, _secret: str | None) -> None:
                asyncio.get_running_loop().call_later(seconds, ended.set)

            await runtime.serve(opened.settings, reactor, ended, started)
            write(folder / "calls.json", await opened.town.calls())
            write(folder / "texts.json", await opened.town.texts())
            write(folder / "mails.json", await opened.town.mails())

    process.run(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
