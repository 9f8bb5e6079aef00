"""What stops or allows contact with a person: opt-outs, holds, consents, wrong numbers.

Each function is one transaction: it holds the person, writes the fact with the instant from which
it binds, wakes or leaves the person's cases, tells outside systems and the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, Consent, Hold
from dialer.store import holds, outbox, tables
from dialer.store.database import Database, lock
from dialer.store.fact_rows import (
    consent_row,
    opt_out_draft,
    opt_out_row,
)
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import wake


async def opt_out(
    db: Database,
    consumer_id: str,
    *,
    channel: Channel,
    at: datetime,
    source: str,
    contact_point_id: str | None = None,
) -> str | None:
    """Withdraw a channel, or one contact point on it, from `at` on; None if it was withdrawn."""
    row = opt_out_row(consumer_id, channel, contact_point_id, at=at, source=source)
    async with db.write() as conn:
        await lock(conn, [consumer_id])
        draft = await write_opt_out(conn, row)
        if draft is None:
            return None
        told = {"opt_out": row["id"], "channel": channel}
        await outbox.tell_cases(conn, consumer_id, "opt_out", told, at)
        await append(db, conn, [draft])
    return str(row["id"])


async def add_hold(
    db: Database, consumer_id: str, hold: Hold, *, source: str, now: datetime
) -> str:
    """Put a stop mark on the person; it binds from `hold.received_at`. Gives its id."""
    async with db.write() as conn:
        await lock(conn, [consumer_id])
        hold_id, draft = await holds.put(conn, consumer_id, hold, source=source, now=now)
        await append(db, conn, [draft])
    return hold_id


async def resolve_hold(db: Database, hold_id: str, *, at: datetime, source: str) -> bool:
    """End a stop mark; the person's held cases are due again. False if it was ended before."""
    table = tables.holds
    async with db.write() as conn:
        found = await conn.execute(select(table.c.consumer_id).where(table.c.id == hold_id))
        consumer_id = found.scalar_one_or_none()
        if consumer_id is None:
            raise LookupError(f"there is no hold {hold_id}")
        await lock(conn, [consumer_id])
        draft = await holds.lift(conn, consumer_id, hold_id, at=at, source=source)
        if draft is None:
            return False
        await append(db, conn, [draft])
    return True


async def add_consent(
    db: Database, consumer_id: str, consent: Consent, *, source: str, now: datetime
) -> None:
    """Keep a consent with its evidence; the person's held cases are due again."""
    async with db.write() as conn:
        await lock(conn, [consumer_id])
        await conn.execute(
            insert(tables.consents), consent_row(consumer_id, consent, source=source, now=now)
        )
        await wake(conn, consumer_id, now)
        body = {"consent": consent.consent_id, "channel": consent.channel, "source": source}
        await append(db, conn, [Draft(kind="consent", body=body, person=consumer_id)])


async def revoke_consent(db: Database, consent_id: str, *, at: datetime, ended_by: str) -> bool:
    """End a consent; False if it had ended before."""
    consents = tables.consents
    async with db.write() as conn:
        found = await conn.execute(
            select(consents.c.consumer_id).where(consents.c.id == consent_id)
        )
        consumer_id = found.scalar_one_or_none()
        if consumer_id is None:
            raise LookupError(f"there is no consent {consent_id}")
        await lock(conn, [consumer_id])
        ended = await conn.execute(
            update(consents)
            .where(consents.c.id == consent_id, consents.c.revoked_at.is_(None))
            .values(revoked_at=at, ended_by=ended_by)
        )
        if ended.rowcount == 0:
            return False
        body = {"consent": consent_id, "at": at, "ended_by": ended_by}
        await append(db, conn, [Draft(kind="consent.ended", body=body, person=consumer_id)])
    return True


async def mark_wrong(
    db: Database, consumer_id: str, contact_point_id: str, *, at: datetime, source: str
) -> bool:
    """Note from when we know that a number is not the person's; False if it was known."""
    async with db.write() as conn:
        await lock(conn, [consumer_id, contact_point_id])
        draft = await write_wrong(conn, consumer_id, contact_point_id, at=at, source=source)
        if draft is None:
            return False
        await append(db, conn, [draft])
    return True


async def write_wrong(
    conn: AsyncConnection, consumer_id: str, contact_point_id: str, *, at: datetime, source: str
) -> Draft | None:
    """The same within the caller's transaction, which holds both; None if it was known."""
    table = tables.consumer_contact_points
    marked = await conn.execute(
        update(table)
        .where(
            table.c.consumer_id == consumer_id,
            table.c.contact_point_id == contact_point_id,
            table.c.wrong_since.is_(None),
        )
        .values(wrong_since=at)
    )
    if marked.rowcount == 0:
        return None
    told = {"contact_point": contact_point_id}
    await outbox.tell_cases(conn, consumer_id, "contact_point.wrong", told, at)
    body = {**told, "at": at, "source": source}
    return Draft(kind="contact_point.wrong", body=body, person=consumer_id)


async def write_opt_out(conn: AsyncConnection, row: Mapping[str, object]) -> Draft | None:
    """Write the withdrawal and give its ledger entry; None if the same one stands already."""
    table = tables.opt_outs
    known = await conn.execute(
        select(table.c.id).where(
            table.c.consumer_id == row["consumer_id"],
            table.c.channel == row["channel"],
            table.c.contact_point_id.is_not_distinct_from(row["contact_point_id"]),
            table.c.lifted_at.is_(None),
            table.c.received_at <= row["received_at"],
        )
    )
    if known.first() is not None:
        return None
    await conn.execute(insert(table), row)
    return opt_out_draft(row)
