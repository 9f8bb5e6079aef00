"""`ringfence import`: consumers, cases, debts, contact points and consents from a CSV file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from dialer.store.importing.rows import CaseRow, parse
from dialer.store.importing.sheet import IMPORTS, Sheet, chunk_write, keep_report, open_sheet

CHUNK = 500
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


@dataclass(frozen=True, slots=True)
class _Item:
    """One row of the file: its cells, and what they were read as."""

    cells: Sequence[str]
    row: CaseRow | None
    problems: Sequence[Problem]


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
        async for items in _ahead(lambda: run.read(sheet.take(CHUNK))):
            await run.store(items)
        report = sheet.report()
    await keep_report(db, "cases", digest, report, started=started, by=options.by)
    return report


async def _ahead(read: Callable[[], list[_Item]]) -> AsyncIterator[list[_Item]]:
    """Chunks until an empty one, each read in a thread while the one before is written."""
    reading = asyncio.create_task(asyncio.to_thread(read))
    try:
        while items := await reading:
            reading = asyncio.create_task(asyncio.to_thread(read))
            yield items
    finally:
        await asyncio.wait({reading})


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

    def read(self, rows: Sequence[tuple[int, Sequence[str]]]) -> list[_Item]:
        """Check the rows of a chunk."""
        return [self._item(number, cells) for number, cells in rows]

    def _item(self, number: int, cells: Sequence[str]) -> _Item:
        record = self._sheet.record(number, cells)
        if isinstance(record, list):
            return _Item(cells, None, record)
        country = self._options.default_country
        found = parse(number, record, default_country=country, now=self._now)
        if isinstance(found, list):
            return _Item(cells, None, found)
        problems = list(self._conflicts(found))
        return _Item(cells, None if problems else found, problems)

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

    async def store(self, items: Sequence[_Item]) -> None:
        """Write the good rows of a chunk in one transaction; the bad ones are set aside."""
        rows = [item.row for item in items if item.row is not None]
        async with chunk_write(self._db, dry_run=self._options.dry_run) as conn:
            await lock(conn, [IMPORTS])
            changes = await self._write(conn, rows)
        bad = [(item.cells, item.problems) for item in items if item.row is None]
        self._sheet.took(len(items), len(rows), changes, bad)

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
