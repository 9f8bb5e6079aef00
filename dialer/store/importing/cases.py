"""`ringfence import`: consumers, cases, debts, contact points and consents from a CSV file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.consumer import name_key
from dialer.store import tables
from dialer.store.database import Database, lock
from dialer.store.importing import chunk as writing
from dialer.store.importing.columns import CASE_COLUMNS, PHONES
from dialer.store.importing.known import read_known
from dialer.store.importing.reader import file_digest
from dialer.store.importing.report import Problem, Progress, Report
from dialer.store.importing.rows import CaseRow, parse_all
from dialer.store.importing.sheet import IMPORTS, Sheet, chunk_write, keep_report, open_sheet

CHUNK = 500
LARGE = 1_000_000
"""Bytes of a file that are worth the start of a process."""
NEEDED = [["case_id"], ["full_name"], [*PHONES, "email"]]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when the history is known of people who were never contacted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOptions:
    """How a case file is read.

    `campaign` is for rows that name none. `fresh_placement`: nobody in the file was ever contacted
    about these debts, so the history of people new to the store is known from the beginning.
    `consent_given_to` says whom the file's consents were given to; a creditor's is not ours.
    """

    default_country: str = "US"
    campaign: str | None = None
    mapping: Mapping[str, str] | None = None
    fresh_placement: bool = False
    consent_given_to: str = "creditor"
    by: str | None = None
    dry_run: bool = False


Numbered = Sequence[tuple[int, Sequence[str]]]
Checked = Sequence[CaseRow | list[Problem]]


async def import_cases(
    db: Database, path: Path, options: CaseOptions, *, progress: Progress | None = None
) -> Report:
    """Import a case file. Good rows go in, chunk by chunk; bad ones to `FILE.rejected.csv`.

    The same file again changes nothing. A dry run writes nothing at all; its counts take each
    chunk by itself. Raises BadFile when the file can't be read as a whole.
    """
    started = db.clock.now()
    digest = await asyncio.to_thread(file_digest, path)
    with open_sheet(path, options, known=CASE_COLUMNS, required=NEEDED, progress=progress) as sheet:
        run = _Run(db, options, sheet, now=started)
        await run.open()
        check = partial(
            parse_all, layout=sheet.layout, default_country=options.default_country, now=started
        )
        with _checkers(path) as pool:
            async for rows, checked in _ahead(lambda: sheet.take(CHUNK), check, pool):
                await run.store(rows, checked)
        report = sheet.report()
    await keep_report(db, "cases", digest, report, started=started, by=options.by)
    return report


def _checkers(path: Path) -> Executor:
    """Who checks the rows: for a large file another process, so that two cores share the work."""
    if path.stat().st_size < LARGE:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


async def _ahead(
    take: Callable[[], Numbered], check: Callable[[Numbered], Checked], pool: Executor
) -> AsyncIterator[tuple[Numbered, Checked]]:
    """Chunks until an empty one, each checked while the one before is written."""
    loop = asyncio.get_running_loop()
    rows = take()
    checking = loop.run_in_executor(pool, check, rows)
    try:
        while rows:
            checked, following = await checking, take()
            checking = loop.run_in_executor(pool, check, following)
            yield rows, checked
            rows = following
    finally:
        await asyncio.wait({checking})


class _Run:
    """One import under way."""

    def __init__(self, db: Database, options: CaseOptions, sheet: Sheet, *, now: datetime) -> None:
        self._db = db
        self._options = options
        self._sheet = sheet
        self._now = now
        self._campaigns: dict[str, str] = {}
        self._names: dict[str, tuple[int, str]] = {}  # case_ref -> first row, name key

    async def open(self) -> None:
        """Learn the campaigns' names."""
        async with self._db.read() as conn:
            table = tables.campaigns
            rows = await conn.execute(select(table.c.name, table.c.id))
            self._campaigns = {row.name: row.id for row in rows}

    def _conflicts(self, row: CaseRow) -> Iterator[Problem]:
        name = row.campaign or self._options.campaign
        if name is not None and name not in self._campaigns:
            reason = f"there is no campaign {name!r}"
            yield Problem(row=row.number, column="campaign", reason=reason)
        key = name_key(row.full_name)
        first, known = self._names.setdefault(row.case_ref, (row.number, key))
        if known != key:
            reason = f"row {first} gives the case {row.case_ref!r} to somebody else"
            yield Problem(row=row.number, column="full_name", reason=reason)

    async def store(self, rows: Numbered, checked: Checked) -> None:
        """Write the good rows of a chunk in one transaction; the bad ones are set aside."""
        good: list[CaseRow] = []
        bad: list[tuple[Sequence[str], Sequence[Problem]]] = []
        for (_, cells), found in zip(rows, checked, strict=True):
            problems = found if isinstance(found, list) else list(self._conflicts(found))
            if problems:
                bad.append((cells, problems))
            elif isinstance(found, CaseRow):
                good.append(found)
        async with chunk_write(self._db, dry_run=self._options.dry_run) as conn:
            await lock(conn, [IMPORTS])
            changes = await self._write(conn, good)
        self._sheet.took(len(rows), len(good), changes, bad)

    async def _write(self, conn: AsyncConnection, rows: Sequence[CaseRow]) -> Mapping[str, int]:
        fresh = self._options.fresh_placement
        chunk = writing.Chunk(
            known=await read_known(conn, rows),
            now=self._now,
            history_known_from=BEGINNING if fresh else None,
            consent_given_to=self._options.consent_given_to,
        )
        for row in rows:
            name = row.campaign or self._options.campaign
            chunk.take(row, None if name is None else self._campaigns[name])
        changes = await writing.write(self._db, conn, chunk)
        self._sheet.tally.without_zone += sum(
            all(place.tz is None for place in chunk.known.people[ident].places)
            for ident in chunk.new_people
        )
        return changes
