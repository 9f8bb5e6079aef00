"""Calls that detection hung up as machines, heard again by a person: a sample of its mistakes.

A person whom detection took for a machine was answered and left alone: the abandonment budget
counts them by this sample (`dialer.pacing.plan.Sample`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.abandonment import HUNG_UP
from dialer.store.database import Database, lock
from dialer.store.floor_tables import relistened
from dialer.store.ledger_writer import Draft, append
from dialer.store.tables import attempts, recordings

HEARD = ("person", "machine")
DRAWN_FROM = 1000


class AlreadyHeard(Exception):
    """This call was listened to before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How many calls were listened to, and how many of them were persons."""

    listened: int
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A call to listen to; `recording` is its name in the vault."""

    attempt_id: str
    campaign_id: str
    at: datetime
    recording: str


async def heard(conn: AsyncConnection, campaign_id: str, since: datetime) -> Heard:
    """The sample of a campaign's calls since an instant."""
    persons = func.coalesce(func.sum(case((relistened.c.heard == "person", 1), else_=0)), 0)
    found = await conn.execute(
        select(func.count(), persons)
        .select_from(relistened)
        .join(attempts, attempts.c.id == relistened.c.attempt_id)
        .where(attempts.c.campaign_id == campaign_id, attempts.c.reserved_at >= since)
    )
    listened, of_them = found.one()
    return Heard(listened=listened, persons=of_them)


async def draw(
    conn: AsyncConnection, campaign_id: str, since: datetime, chance: random.Random
) -> Draw | None:
    """A call at random that nobody has listened to yet; None where there is none."""
    found = await conn.execute(
        select(attempts.c.id, attempts.c.reserved_at, recordings.c.name)
        .join(recordings, recordings.c.attempt_id == attempts.c.id)
        .join(relistened, relistened.c.attempt_id == attempts.c.id, isouter=True)
        .where(
            attempts.c.campaign_id == campaign_id,
            attempts.c.reserved_at >= since,
            attempts.c.outcome.in_(HUNG_UP),
            recordings.c.state == "sealed",
            relistened.c.attempt_id.is_(None),
        )
        .order_by(attempts.c.reserved_at.desc())
        .limit(DRAWN_FROM)
    )
    rows = found.all()
    if not rows:
        return None
    row = chance.choice(rows)
    return Draw(attempt_id=row.id, campaign_id=campaign_id, at=row.reserved_at, recording=row.name)


async def note(db: Database, attempt_id: str, heard_as: str, *, now: datetime, by: str) -> None:
    """What somebody heard. Raises ValueError, LookupError, AlreadyHeard."""
    if heard_as not in HEARD:
        raise ValueError(f"heard is {' or '.join(HEARD)}, not {heard_as!r}")
    async with db.write() as conn:
        await lock(conn, [f"relistened {attempt_id}"])
        known = await conn.execute(
            select(attempts.c.id).where(
                attempts.c.id == attempt_id, attempts.c.outcome.in_(HUNG_UP)
            )
        )
        if known.first() is None:
            raise LookupError(f"{attempt_id} is no call that was hung up as a machine")
        before = select(relistened.c.by).where(relistened.c.attempt_id == attempt_id)
        if (await conn.execute(before)).first() is not None:
            raise AlreadyHeard(f"{attempt_id} was listened to before")
        row = {"attempt_id": attempt_id, "heard": heard_as, "by": by, "at": now}
        await conn.execute(insert(relistened), row)
        body = {"attempt": attempt_id, "heard": heard_as, "by": by}
        await append(db, conn, [Draft(kind="amd.relistened", body=body)])
