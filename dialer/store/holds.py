"""Stop marks put and lifted within a transaction that holds the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Hold
from dialer.store import outbox, tables
from dialer.store.fact_rows import hold_draft, hold_row
from dialer.store.ledger_writer import Draft
from dialer.store.work import wake


async def put(
    conn: AsyncConnection, consumer_id: str, hold: Hold, *, source: str, now: datetime
) -> tuple[str, Draft]:
    """Put a stop mark on the person; it binds from `hold.received_at`. Its id, the ledger entry."""
    row = hold_row(consumer_id, hold, source=source, now=now)
    await conn.execute(insert(tables.holds), row)
    told = {"hold": row["id"], "kind": hold.kind}
    await outbox.tell_cases(conn, consumer_id, "hold", told, now)
    return str(row["id"]), hold_draft(row)


async def lift(
    conn: AsyncConnection, consumer_id: str, hold_id: str, *, at: datetime, source: str
) -> Draft | None:
    """End a stop mark; the person's held cases are due again. None if it was ended before."""
    holds = tables.holds
    ended = await conn.execute(
        update(holds)
        .where(holds.c.id == hold_id, holds.c.resolved_at.is_(None))
        .values(resolved_at=at)
    )
    if ended.rowcount == 0:
        return None
    await wake(conn, consumer_id, at)
    await outbox.tell_cases(conn, consumer_id, "hold.resolved", {"hold": hold_id}, at)
    body = {"hold": hold_id, "at": at, "source": source}
    return Draft(kind="hold.resolved", body=body, person=consumer_id)
