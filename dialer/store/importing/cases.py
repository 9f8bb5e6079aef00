"""`ringfence import`: consumers, cases, debts, contact points and consents from a CSV file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.consumer import name_key
from dialer.store import tables
from dialer.store.database import Database, lock
from dialer.store.ids import new_id
from dialer.store.importing import chunk as writing
from dialer.store.importing.columns import CASE_COLUMNS, PHONES, Layout, lay_out
from dialer.store.importing.known import read_known
from dialer.store.importing.reader import file_digest, open_csv
from dialer.store.importing.report import Problem, Progress, Rejects, Report, Tally
from dialer.store.importing.rows import CaseRow, parse
from dialer.store.ledger_writer import Draft, append

CHUNK = 500
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when the history is known of people who were never contacted before."""

IMPORTS = "imports"


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


class _DryRun(Exception):
    """Takes a chunk back."""


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
    with open_csv(path) as source, Rejects(path, source.header, source.delimiter) as rejects:
        layout = lay_out(
            source.header,
            known=CASE_COLUMNS,
            required=[["case_id"], ["full_name"], [*PHONES, "email"]],
            mapping=options.mapping,
        )
        run = _Run(db, options, layout, len(source.header), now=started)
        tally = run.tally
        await run.open()
        async for items in _ahead(lambda: run.read(list(islice(source.rows, CHUNK)))):
            for item in await run.store(items):
                tally.reject(item.problems)
                if not options.dry_run:
                    rejects.add(item.cells, item.problems)
            tally.rows += len(items)
            if progress is not None:
                progress(tally.rows)
        report = Report(
            file=path.name,
            rows=tally.rows,
            good=tally.good,
            bad=tally.bad,
            changes=dict(tally.changes),
            without_zone=tally.without_zone,
            ignored_columns=layout.ignored,
            problems=tuple(tally.problems),
            rejected_file=rejects.written,
            dry_run=options.dry_run,
        )
    await keep_report(db, "cases", digest, report, started=started, by=options.by)
    return report


async def keep_report(
    db: Database, kind: str, digest: str, report: Report, *, started: datetime, by: str | None
) -> None:
    """Note in the store and in the ledger that a file was imported; a dry run leaves no trace."""
    if report.dry_run:
        return
    ident = new_id("import")
    async with db.write() as conn:
        await conn.execute(
            insert(tables.imports),
            {
                "id": ident,
                "kind": kind,
                "file_sha256": digest,
                "rows": report.rows,
                "good": report.good,
                "bad": report.bad,
                "report": report.document(),
                "by": by,
                "started_at": started,
                "finished_at": db.clock.now(),
            },
        )
        body = {"import": ident, "kind": kind, "file_sha256": digest, **report.document()}
        await append(db, conn, [Draft(kind="import", body=body)])


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

    def __init__(
        self, db: Database, options: CaseOptions, layout: Layout, width: int, *, now: datetime
    ) -> None:
        self.tally = Tally()
        self._db = db
        self._options = options
        self._layout = layout
        self._width = width
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
        if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            reason = f"{len(cells)} cells under {self._width} headers"
            return _Item(cells, None, [Problem(row=number, column="(row)", reason=reason)])
        padded = [*cells, *[""] * (self._width - len(cells))]
        found = parse(
            number,
            self._layout.record(padded),
            default_country=self._options.default_country,
            now=self._now,
        )
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

    async def store(self, items: Sequence[_Item]) -> list[_Item]:
        """Write the good rows in one transaction; the bad ones are given back."""
        rows = [item.row for item in items if item.row is not None]
        try:
            async with self._db.write() as conn:
                await lock(conn, [IMPORTS])
                await self._write(conn, rows)
                if self._options.dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        self.tally.good += len(rows)
        return [item for item in items if item.row is None]

    async def _write(self, conn: AsyncConnection, rows: Sequence[CaseRow]) -> None:
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
        self.tally.changes.update(await writing.write(self._db, conn, chunk))
        self.tally.without_zone += sum(
            all(place.tz is None for place in chunk.known.people[ident].places)
            for ident in chunk.new_people
        )
