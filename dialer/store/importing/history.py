"""`ringfence import-history`: contacts from before, so that no limit starts from nothing.

A row with the outcome `none` says that from its instant on no contact is missing; so the file can
say of a person who was not contacted that the history is known. Without such a row a person's
history is known from the person's first row in the file on. What was known from earlier stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.contact_point import KIND_OF_CHANNEL, PointKind
from dialer.store import tables
from dialer.store.bulk import insert_many
from dialer.store.database import Database, lock
from dialer.store.ids import new_id
from dialer.store.importing.cases import IMPORTS, keep_report
from dialer.store.importing.columns import HISTORY_COLUMNS, Layout, lay_out
from dialer.store.importing.known import SOURCE
from dialer.store.importing.past_rows import NONE, PastRow, parse_past
from dialer.store.importing.reader import file_digest, open_csv
from dialer.store.importing.report import Problem, Progress, Rejects, Report, Tally
from dialer.store.work import wake_all

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """How a history file is read."""

    default_country: str = "US"
    mapping: Mapping[str, str] | None = None
    by: str | None = None
    dry_run: bool = False


class _DryRun(Exception):
    """Takes a chunk back."""


async def import_history(
    db: Database, path: Path, options: HistoryOptions, *, progress: Progress | None = None
) -> Report:
    """Import past contacts of cases that are in the store. The same row twice is one contact.

    Raises BadFile when the file can't be read as a whole.
    """
    started = db.clock.now()
    sha256 = await asyncio.to_thread(file_digest, path)
    tally = Tally()
    with open_csv(path) as source, Rejects(path, source.header, source.delimiter) as rejects:
        layout = lay_out(
            source.header,
            known=HISTORY_COLUMNS,
            required=[["case_id"], ["at"], ["channel"], ["direction"], ["outcome"]],
            mapping=options.mapping,
        )
        while rows := list(islice(source.rows, CHUNK)):
            chunk = _Chunk(now=started)
            chunk.read(rows, layout, len(source.header), options.default_country)
            await _store(db, chunk, options)
            tally.good += chunk.good
            tally.changes.update(chunk.changes)
            for cells, problems in chunk.bad:
                tally.reject(problems)
                if not options.dry_run:
                    rejects.add(cells, problems)
            tally.rows += len(rows)
            if progress is not None:
                progress(tally.rows)
        report = Report(
            file=path.name,
            rows=tally.rows,
            good=tally.good,
            bad=tally.bad,
            changes=dict(tally.changes),
            without_zone=0,
            ignored_columns=layout.ignored,
            problems=tuple(tally.problems),
            rejected_file=rejects.written,
            dry_run=options.dry_run,
        )
    await keep_report(db, "history", sha256, report, started=started, by=options.by)
    return report


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """The rows of one transaction."""

    now: datetime
    rows: list[PastRow] = field(default_factory=list)
    bad: list[tuple[Sequence[str], list[Problem]]] = field(default_factory=list)
    good: int = 0
    changes: dict[str, int] = field(default_factory=dict)

    def read(
        self,
        rows: Sequence[tuple[int, Sequence[str]]],
        layout: Layout,
        width: int,
        default_country: str,
    ) -> None:
        """Check the rows by themselves."""
        for number, cells in rows:
            record = layout.record([*cells, *[""] * (width - len(cells))])
            found = parse_past(number, cells, record, default_country, self.now)
            if isinstance(found, PastRow):
                self.rows.append(found)
            else:
                self.bad.append((cells, found))

    def reject(self, row: PastRow, column: str, reason: str) -> None:
        self.bad.append((row.cells, [Problem(row=row.number, column=column, reason=reason)]))


async def _store(db: Database, chunk: _Chunk, options: HistoryOptions) -> None:
    try:
        async with db.write() as conn:
            await lock(conn, [IMPORTS])
            await _write(conn, chunk)
            if options.dry_run:
                raise _DryRun
    except _DryRun:
        pass


async def _write(conn: AsyncConnection, chunk: _Chunk) -> None:
    owners = await _owners(conn, chunk.rows)
    debts = await _debts(conn, [case_id for case_id, _ in owners.values()])
    rows = []
    for row in chunk.rows:
        owner = owners.get(row.case_ref)
        if owner is None:
            chunk.reject(row, "case_id", f"there is no case {row.case_ref!r}")
        elif row.debt_ref is not None and (owner[0], row.debt_ref) not in debts:
            chunk.reject(row, "debt_id", f"the case has no debt {row.debt_ref!r}")
        else:
            rows.append(row)
    chunk.good = len(rows)
    points = await _points(conn, rows, chunk.now)
    events: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.outcome != NONE:
            case_id, person = owners[row.case_ref]
            debt = debts.get((case_id, row.debt_ref or ""))
            point = points.get((_kind(row), row.address)) if row.address else None
            events.setdefault(row.key, _event(row, chunk.now, case_id, person, (debt, point)))
    known = await _known_keys(conn, list(events))
    new = [event for key, event in events.items() if key not in known]
    await insert_many(conn, tables.contact_events, new)
    known_from = _known_from(rows, owners)
    changed = await _set_known_from(conn, known_from, chunk.now)
    if new:
        chunk.changes["contact_events.added"] = len(new)
    if changed:
        chunk.changes["consumers.changed"] = changed


async def _owners(conn: AsyncConnection, rows: Sequence[PastRow]) -> dict[str, tuple[str, str]]:
    table = tables.cases
    refs = {row.case_ref for row in rows}
    found = await conn.execute(
        select(table.c.case_ref, table.c.id, table.c.consumer_id).where(table.c.case_ref.in_(refs))
    )
    return {row.case_ref: (row.id, row.consumer_id) for row in found}


async def _debts(conn: AsyncConnection, cases: Sequence[str]) -> dict[tuple[str, str], str]:
    table = tables.debts
    found = await conn.execute(
        select(table.c.case_id, table.c.debt_ref, table.c.id).where(table.c.case_id.in_(cases))
    )
    return {(row.case_id, row.debt_ref): row.id for row in found}


def _kind(row: PastRow) -> PointKind:
    return KIND_OF_CHANNEL.get(row.channel, PointKind.PHONE)


async def _points(
    conn: AsyncConnection, rows: Sequence[PastRow], now: datetime
) -> dict[tuple[PointKind, str | None], str]:
    """The contact points by kind and value; a number that the store never had is added."""
    table = tables.contact_points
    wanted = {(_kind(row), row.address) for row in rows if row.address is not None}
    points: dict[tuple[PointKind, str | None], str] = {}
    for kind in PointKind:
        addresses = [value for of, value in wanted if of is kind]
        found = await conn.execute(
            select(table.c.id, table.c.value).where(
                table.c.kind == kind, table.c.value.in_(addresses)
            )
        )
        points |= {(kind, row.value): row.id for row in found}
    new: list[dict[str, Any]] = [
        {"id": new_id("point"), "kind": kind, "value": value, "created_at": now}
        for kind, value in sorted(wanted - points.keys(), key=str)
    ]
    await insert_many(conn, table, new)
    return points | {(row["kind"], row["value"]): row["id"] for row in new}


def _event(
    row: PastRow,
    now: datetime,
    case_id: str,
    person: str,
    debt_and_point: tuple[str | None, str | None],
) -> dict[str, Any]:
    debt, point = debt_and_point
    return {
        "id": new_id("event"),
        "consumer_id": person,
        "case_id": case_id,
        "at": row.at,
        "channel": row.channel,
        "direction": row.direction,
        "outcome": row.outcome,
        "contact_point_id": point,
        "debts": [debt] if debt else [],
        "also_discussed": [],
        "source": SOURCE,
        "source_key": row.key,
        "recorded_at": now,
    }


async def _known_keys(conn: AsyncConnection, keys: Sequence[str]) -> set[str]:
    table = tables.contact_events
    found = await conn.execute(select(table.c.source_key).where(table.c.source_key.in_(keys)))
    return set(found.scalars())


def _known_from(
    rows: Sequence[PastRow], owners: Mapping[str, tuple[str, str]]
) -> dict[str, datetime]:
    """From when each person's history is known, by these rows alone."""
    first: dict[str, datetime] = {}
    for row in rows:
        person = owners[row.case_ref][1]
        first[person] = min(row.at, first.get(person, row.at))
    return first


async def _set_known_from(
    conn: AsyncConnection, known_from: Mapping[str, datetime], now: datetime
) -> int:
    if not known_from:
        return 0
    table = tables.consumers
    people = list(known_from)
    found = await conn.execute(
        select(table.c.id, table.c.history_known_from).where(table.c.id.in_(people))
    )
    earlier = [
        row.id
        for row in found
        if row.history_known_from is None or known_from[row.id] < row.history_known_from
    ]
    if earlier:
        await conn.execute(
            update(table)
            .where(table.c.id == bindparam("person"))
            .values(history_known_from=bindparam("from_then"), updated_at=now),
            [{"person": ident, "from_then": known_from[ident]} for ident in earlier],
        )
        await wake_all(conn, earlier, now)
    return len(earlier)
