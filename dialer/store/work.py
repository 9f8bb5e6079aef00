"""Where a case stands in a campaign, and how it is moved on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.store import tables


class WorkState(StrEnum):
    DUE = "due"  # at `next_at`
    WORKING = "working"  # an attempt is open
    HELD = "held"  # until an event about the consumer wakes it
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What comes next for a case in its campaign.

    DUE needs `at`; without a channel the case is to be planned then. A callback has a `priority`
    above 0 and goes before the list.
    """

    state: WorkState
    step: int = 0
    channel: Channel | None = None
    at: datetime | None = None
    priority: int = 0

    def __post_init__(self) -> None:
        if self.state is WorkState.WORKING:
            raise ValueError("only the gate sets a case working")
        if self.state is WorkState.DUE and self.at is None:
            raise ValueError("a due case needs an instant")


async def move_on(
    conn: AsyncConnection,
    *,
    campaign_id: str,
    case_id: str,
    follow_up: FollowUp,
    now: datetime,
    outcome: str | None = None,
) -> None:
    """Put a case where `follow_up` says and free its lease, within the caller's transaction.

    What happened to a case while an attempt was open is not in `follow_up`: such a case is due at
    once, to be planned anew.
    """
    table = tables.campaign_cases
    due = follow_up.state is WorkState.DUE
    overtaken = and_(table.c.state == WorkState.WORKING, table.c.next_at.is_not(None))
    values: dict[str, object] = {
        "state": case((overtaken, WorkState.DUE), else_=follow_up.state),
        "step": follow_up.step,
        "next_channel": case((overtaken, None), else_=follow_up.channel),
        "next_at": case((overtaken, now), else_=follow_up.at if due else None),
        "priority": case((overtaken, 0), else_=follow_up.priority),
        "lease_owner": None,
        "lease_until": None,
        "updated_at": now,
    }
    if outcome is not None:
        values["last_outcome"] = outcome
    await conn.execute(
        update(table)
        .where(table.c.campaign_id == campaign_id, table.c.case_id == case_id)
        .values(values)
    )


async def wake(conn: AsyncConnection, consumer_id: str, now: datetime) -> int:
    """Make the consumer's held cases due, since something about the consumer has changed."""
    return await wake_all(conn, [consumer_id], now)


async def wake_all(conn: AsyncConnection, consumer_ids: Collection[str], now: datetime) -> int:
    """Make the held cases of these consumers due; how many. Those at work are planned anew."""
    table, cases = tables.campaign_cases, tables.cases
    theirs = table.c.case_id.in_(select(cases.c.id).where(cases.c.consumer_id.in_(consumer_ids)))
    at_work = or_(table.c.state == WorkState.WORKING, table.c.lease_owner.is_not(None))
    await conn.execute(update(table).where(theirs, at_work).values(next_at=now, updated_at=now))
    woken = await conn.execute(
        update(table)
        .where(theirs, table.c.state == WorkState.HELD)
        .values(state=WorkState.DUE, next_at=now, updated_at=now)
    )
    return woken.rowcount
