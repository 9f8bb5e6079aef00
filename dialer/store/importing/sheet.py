"""A file on its way in: its rows by chunk, what came of them, and the report in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.importing.columns import Layout, lay_out
from dialer.store.importing.reader import Source, open_csv
from dialer.store.importing.report import Problem, Progress, Rejects, Report, Tally
from dialer.store.ledger_writer import Draft, append

Cells = Sequence[str]

IMPORTS = "imports"
"""The lock of an import that adds people or numbers: two such files never add the same twice."""


class Options(Protocol):
    """What every import is told: renamed columns, who imports, and whether it is only tried."""

    @property
    def mapping(self) -> Mapping[str, str] | None: ...
    @property
    def by(self) -> str | None: ...
    @property
    def dry_run(self) -> bool: ...


class Numbered(Protocol):
    """A row that was read well: where it stood, and as it came."""

    @property
    def number(self) -> int: ...
    @property
    def cells(self) -> Cells: ...


R = TypeVar("R", bound=Numbered)


@dataclass(slots=True, kw_only=True)
class Chunk(Generic[R]):
    """The rows of one transaction, and what comes of them."""

    rows: list[R] = field(default_factory=list)
    bad: list[tuple[Cells, Sequence[Problem]]] = field(default_factory=list)
    good: int = 0
    changes: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str, number: int = 1) -> None:
        """Note changes of a kind (`payments.added`); none are not noted."""
        if number:
            self.changes[kind] = self.changes.get(kind, 0) + number

    def reject(self, row: R, column: str, reason: str) -> None:
        """Note that a row which read well can't go in."""
        self.bad.append((row.cells, [Problem(row=row.number, column=column, reason=reason)]))


@dataclass(slots=True, kw_only=True)
class Sheet:
    """An open file."""

    path: Path
    layout: Layout
    tally: Tally = field(default_factory=Tally)
    _source: Source
    _rejects: Rejects
    _dry_run: bool
    _progress: Progress | None

    def take(self, size: int) -> list[tuple[int, list[str]]]:
        """The next rows with their numbers; none at the end."""
        return list(islice(self._source.rows, size))

    def read(
        self,
        rows: Sequence[tuple[int, Cells]],
        parse: Callable[[int, Cells, Mapping[str, str]], R | list[Problem]],
    ) -> Chunk[R]:
        """Check rows by themselves."""
        chunk = Chunk[R]()
        for number, cells in rows:
            record = self.layout.record(number, cells)
            found = record if isinstance(record, list) else parse(number, cells, record)
            if isinstance(found, list):
                chunk.bad.append((cells, found))
            else:
                chunk.rows.append(found)
        return chunk

    def took(
        self,
        rows: int,
        good: int,
        changes: Mapping[str, int],
        bad: Sequence[tuple[Cells, Sequence[Problem]]],
    ) -> None:
        """Note what came of a chunk."""
        self.tally.rows += rows
        self.tally.good += good
        self.tally.changes.update(changes)
        for cells, problems in bad:
            self.tally.reject(problems)
            if not self._dry_run:
                self._rejects.add(cells, problems)
        if self._progress is not None:
            self._progress(self.tally.rows)

    def report(self) -> Report:
        """What the import did so far."""
        return Report(
            file=self.path.name,
            rows=self.tally.rows,
            good=self.tally.good,
            bad=self.tally.bad,
            changes=dict(self.tally.changes),
            without_zone=self.tally.without_zone,
            ignored_columns=self.layout.ignored,
            problems=tuple(self.tally.problems),
            rejected_file=self._rejects.written,
            dry_run=self._dry_run,
        )


@contextmanager
def open_sheet(
    path: Path,
    options: Options,
    *,
    known: Sequence[str],
    required: Sequence[Sequence[str]],
    progress: Progress | None,
) -> Iterator[Sheet]:
    """Open a file. Raises BadFile when it can't be read as a whole.

    `known` are our columns; of each list in `required` one must be there.
    """
    with open_csv(path) as source, Rejects(path, source.header, source.delimiter) as rejects:
        yield Sheet(
            path=path,
            layout=lay_out(source.header, known=known, required=required, mapping=options.mapping),
            _source=source,
            _rejects=rejects,
            _dry_run=options.dry_run,
            _progress=progress,
        )


class _DryRun(Exception):
    """Takes a chunk back."""


@asynccontextmanager
async def chunk_write(db: Database, *, dry_run: bool) -> AsyncIterator[AsyncConnection]:
    """The transaction of a chunk; a dry run takes it back."""
    try:
        async with db.write() as conn:
            yield conn
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass


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
