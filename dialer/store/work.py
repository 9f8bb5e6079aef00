"""Where a case stands in a campaign, and how it is moved on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
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
    """Put a case where `follow_up` says and free its lease, within the caller's transaction."""
    table = tables.campaign_cases
    due = follow_up.state is WorkState.DUE
    values: dict[str, object] = {
        "state": follow_up.state,
        "step": follow_up.step,
        "next_channel": follow_up.channel,
        "next_at": follow_up.at if due else None,
        "priority": follow_up.priority,
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
    """Make the held cases of these consumers due; how many."""
    table, cases = tables.campaign_cases, tables.cases
    theirs = select(cases.c.id).where(cases.c.consumer_id.in_(consumer_ids))
    woken = await conn.execute(
        update(table)
        .where(table.c.state == WorkState.HELD, table.c.case_id.in_(theirs))
        .values(state=WorkState.DUE, next_at=now, updated_at=now)
    )
    return woken.rowcount
