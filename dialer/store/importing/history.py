"""`ringfence import-history`: contacts from before, so that no limit starts from nothing.

A row with the outcome `none` says that from its instant on no contact is missing; so the file can
say of a person who was not contacted that the history is known. Without such a row a person's
history is known from the person's first row in the file on. What was known from earlier stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.contact_point import KIND_OF_CHANNEL, PointKind
from dialer.store import tables
from dialer.store.bulk import insert_many
from dialer.store.database import Database, lock
from dialer.store.fact_rows import point_row
from dialer.store.ids import new_id
from dialer.store.importing.columns import HISTORY_COLUMNS
from dialer.store.importing.known import SOURCE
from dialer.store.importing.past_rows import NONE, PastRow, parse_past
from dialer.store.importing.reader import file_digest
from dialer.store.importing.references import Owner, look_up
from dialer.store.importing.report import Progress, Report
from dialer.store.importing.sheet import IMPORTS, Chunk, chunk_write, keep_report, open_sheet
from dialer.store.work import wake_all

CHUNK = 500
NEEDED = [["case_id"], ["at"], ["channel"], ["direction"], ["outcome"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """How a history file is read."""

    default_country: str = "US"
    mapping: Mapping[str, str] | None = None
    by: str | None = None
    dry_run: bool = False


async def import_history(
    db: Database, path: Path, options: HistoryOptions, *, progress: Progress | None = None
) -> Report:
    """Import past contacts of cases that are in the store. The same row twice is one contact.

    Raises BadFile when the file can't be read as a whole.
    """
    started = db.clock.now()
    digest = await asyncio.to_thread(file_digest, path)
    parse = partial(parse_past, default_country=options.default_country, now=started)
    with open_sheet(
        path, options, known=HISTORY_COLUMNS, required=NEEDED, progress=progress
    ) as sheet:
        while rows := sheet.take(CHUNK):
            chunk = sheet.read(rows, parse)
            async with chunk_write(db, dry_run=options.dry_run) as conn:
                await lock(conn, [IMPORTS])
                await _write(conn, chunk, started)
            sheet.took(len(rows), chunk.good, chunk.changes, chunk.bad)
        report = sheet.report()
    await keep_report(db, "history", digest, report, started=started, by=options.by)
    return report


async def _write(conn: AsyncConnection, chunk: Chunk[PastRow], now: datetime) -> None:
    refer = await look_up(conn, chunk.rows)
    rows = []
    for row in chunk.rows:
        missing = refer.missing(row)
        if missing is not None:
            chunk.reject(row, *missing)
        else:
            rows.append(row)
    chunk.good = len(rows)
    points = await _points(conn, rows, now)
    events: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.outcome != NONE:
            point = points.get((_kind(row), row.address)) if row.address else None
            owner = refer.owners[row.case_ref]
            events.setdefault(row.key, _event(row, now, owner, (refer.debt(row), point)))
    known = await _known_keys(conn, list(events))
    new = [event for key, event in events.items() if key not in known]
    await insert_many(conn, tables.contact_events, new)
    chunk.count("contact_events.added", len(new))
    known_from = _known_from(rows, refer.owners)
    chunk.count("consumers.changed", await _set_known_from(conn, known_from, now))


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
                table.c.kind == kind, table.c.value_key.in_(addresses)
            )
        )
        points |= {(kind, row.value): row.id for row in found}
    new: list[dict[str, Any]] = [
        point_row(new_id("point"), kind, value, now=now)
        for kind, value in sorted(wanted - points.keys(), key=str)
    ]
    await insert_many(conn, table, new)
    return points | {(row["kind"], row["value"]): row["id"] for row in new}


def _event(
    row: PastRow,
    now: datetime,
    owner: Owner,
    debt_and_point: tuple[str | None, str | None],
) -> dict[str, Any]:
    debt, point = debt_and_point
    return {
        "id": new_id("event"),
        "consumer_id": owner.consumer_id,
        "case_id": owner.case_id,
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


def _known_from(rows: Sequence[PastRow], owners: Mapping[str, Owner]) -> dict[str, datetime]:
    """From when each person's history is known, by these rows alone."""
    first: dict[str, datetime] = {}
    for row in rows:
        person = owners[row.case_ref].consumer_id
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
