"""Events for outside systems: written with the fact itself, delivered in order per case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import instant
from dialer.model import feed_catalogue
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvent:
    """One event to deliver. `seq` counts from 1 within the case."""

    event_id: str
    case_id: str
    case_ref: str
    seq: int
    kind: str
    at: datetime
    payload: Mapping[str, object]
    attempts: int

    def document(self) -> dict[str, object]:
        """The JSON document that the receiver gets."""
        return {
            "id": self.event_id,
            "kind": self.kind,
            "at": instant(self.at),
            "case_id": self.case_ref,
            "seq": self.seq,
            "data": dict(self.payload),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Events from `since` on, before `until` where it is given, of one case where it is named."""

    since: datetime
    until: datetime | None = None
    case_id: str | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """The query, cut down to these events."""
        table = tables.outbox
        query = query.where(table.c.created_at >= self.since)
        if self.until is not None:
            query = query.where(table.c.created_at < self.until)
        return query if self.case_id is None else query.where(table.c.case_id == self.case_id)


async def enqueue(
    conn: AsyncConnection, case_id: str, kind: str, payload: Mapping[str, object], at: datetime
) -> None:
    """Add the case's next event, within the caller's transaction. Raises UnknownEvent."""
    feed_catalogue.check(kind, payload)
    cases = tables.cases
    numbered = await conn.execute(
        update(cases)
        .where(cases.c.id == case_id)
        .values(outbox_seq=cases.c.outbox_seq + 1)
        .returning(cases.c.outbox_seq)
    )
    await conn.execute(
        insert(tables.outbox),
        {
            "event_id": new_id("event"),
            "case_id": case_id,
            "seq": numbered.scalar_one(),
            "kind": kind,
            "payload": dict(payload),
            "state": "pending",
            "next_at": at,
            "created_at": at,
        },
    )


async def tell_cases(
    conn: AsyncConnection, person: str, kind: str, payload: Mapping[str, object], at: datetime
) -> None:
    """An event for every open case of the person."""
    table = tables.cases
    found = await conn.execute(
        select(table.c.id)
        .where(table.c.consumer_id == person, table.c.status != "closed")
        .order_by(table.c.id)
    )
    for case_id in found.scalars().all():
        await enqueue(conn, case_id, kind, payload, at)


async def claim(
    db: Database, *, now: datetime, limit: int, lease: timedelta = LEASE
) -> list[OutboxEvent]:
    """Lease the events due now, at most the first of each case; a lapsed lease is due again."""
    table, earlier = tables.outbox, tables.outbox.alias("earlier")
    first = ~(
        select(earlier.c.event_id)
        .where(
            earlier.c.case_id == table.c.case_id,
            earlier.c.seq < table.c.seq,
            earlier.c.state == "pending",
        )
        .exists()
    )
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = (
        select(table, tables.cases.c.case_ref)
        .join(tables.cases, tables.cases.c.id == table.c.case_id)
        .where(table.c.state == "pending", table.c.next_at <= now, free, first)
        .order_by(table.c.next_at, table.c.case_id)
        .limit(limit)
        .with_for_update(of=table, skip_locked=True)
    )
    async with db.write() as conn:
        rows = (await conn.execute(query)).all()
        if rows:
            ids = [row.event_id for row in rows]
            await conn.execute(
                update(table).where(table.c.event_id.in_(ids)).values(lease_until=now + lease)
            )
    return [_from(row) for row in rows]


async def between(
    conn: AsyncConnection, period: Between, *, after: tuple[datetime, str] | None, limit: int
) -> list[OutboxEvent]:
    """Events of a period by their time, from the one after `after` (its time and id)."""
    table = tables.outbox
    query = period.of(
        select(table, tables.cases.c.case_ref).join(
            tables.cases, tables.cases.c.id == table.c.case_id
        )
    )
    if after is not None:
        query = query.where(tuple_(table.c.created_at, table.c.event_id) > after)
    rows = await conn.execute(query.order_by(table.c.created_at, table.c.event_id).limit(limit))
    return [_from(row) for row in rows]


async def replay(db: Database, period: Between, *, by: str, now: datetime) -> int:
    """Have the events of a period delivered again, in order per case; how many. In the ledger.

    The receiver knows a repeat by its id.
    """
    table = tables.outbox
    chosen = period.of(select(table.c.event_id)).where(table.c.state == "sent")
    async with db.write() as conn:
        again = await conn.execute(
            update(table)
            .where(table.c.event_id.in_(chosen))
            .values(state="pending", attempts=0, next_at=now, lease_until=None, sent_at=None)
        )
        body = {
            "since": period.since,
            "until": period.until,
            "case": period.case_id,
            "events": again.rowcount,
            "by": by,
        }
        await append(db, conn, [Draft(kind="feed.replayed", body=body)])
    return again.rowcount


async def mark_sent(db: Database, event_id: str, *, now: datetime) -> None:
    """The receiver has it; the case's next event may follow."""
    table = tables.outbox
    async with db.write() as conn:
        await conn.execute(
            update(table)
            .where(table.c.event_id == event_id)
            .values(state="sent", sent_at=now, attempts=table.c.attempts + 1, last_error=None)
        )


async def mark_failed(db: Database, event_id: str, *, now: datetime, error: str) -> None:
    """The receiver did not take it; it is due again after a delay that doubles up to an hour."""
    table = tables.outbox
    async with db.write() as conn:
        found = await conn.execute(select(table.c.attempts).where(table.c.event_id == event_id))
        tries = found.scalar_one()
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(tries, 20))
        await conn.execute(
            update(table)
            .where(table.c.event_id == event_id)
            .values(
                attempts=tries + 1, next_at=now + delay, lease_until=None, last_error=error[:500]
            )
        )


def _from(row: Row[Any]) -> OutboxEvent:
    return OutboxEvent(
        event_id=row.event_id,
        case_id=row.case_id,
        case_ref=row.case_ref,
        seq=row.seq,
        kind=row.kind,
        at=row.created_at,
        payload=row.payload,
        attempts=row.attempts,
    )
