"""Leasing the next due cases of a campaign. A lease lapses by itself after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.work import FollowUp, WorkState, move_on

_TABLE = tables.campaign_cases
_TOP_PRIORITY = 9
_CONSUMER = (
    select(tables.cases.c.consumer_id)
    .where(tables.cases.c.id == _TABLE.c.case_id)
    .scalar_subquery()
)
_WANTED = (
    _TABLE.c.case_id,
    _CONSUMER.label("consumer_id"),
    _TABLE.c.step,
    _TABLE.c.next_channel,
    _TABLE.c.next_at,
    _TABLE.c.placed_at,
    _TABLE.c.position,
    _TABLE.c.priority,
    _TABLE.c.last_outcome,
    _TABLE.c.list_name,
    _TABLE.c.updated_at,
)
_ORDER = (4, 6)  # next_at, position


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCase:
    """A case that is leased to us, and what its strategy wants now."""

    campaign_id: str
    case_id: str
    consumer_id: str
    step: int
    channel: Channel | None  # None = not planned yet
    due_at: datetime
    placed_at: datetime
    priority: int
    last_outcome: str | None
    list_name: str
    seen_at: datetime  # the row's last change before the lease


async def claim_due(
    db: Database,
    campaign_id: str,
    *,
    channel: Channel | None,
    owner: str,
    now: datetime,
    limit: int,
    lease: timedelta,
    list_name: str | None = None,
) -> list[DueCase]:
    """Lease up to `limit` cases due by `channel`: callbacks first, then by due time, rank, place.

    Channel None leases those that are still to be planned; a `list_name` those of this list alone.

    The cost does not grow with the campaign: the index is walked from the first due row of each
    priority, and only leased rows are stepped over.
    """
    async with db.write() as conn:
        rows: list[Row[Any]] = []
        queue = and_(
            _TABLE.c.campaign_id == campaign_id,
            _TABLE.c.state == WorkState.DUE,
            _TABLE.c.next_channel == channel,
        )
        if list_name is not None:  # the second term lets a planner see that the list's index fits
            queue = and_(queue, _TABLE.c.list_name == list_name, _TABLE.c.list_name != "")
        priority = await _next_priority(conn, queue, _TOP_PRIORITY)
        while priority is not None and len(rows) < limit:
            due = _due(queue, priority, now, limit - len(rows))
            rows += await _lease(conn, campaign_id, due, owner, now + lease)
            priority = await _next_priority(conn, queue, priority - 1)
    return [_due_case(campaign_id, row, now) for row in rows]


async def claim_case(
    db: Database, campaign_id: str, case_id: str, *, owner: str, now: datetime, lease: timedelta
) -> DueCase | None:
    """Lease one case for an agent who calls it, due or not; None where somebody works it."""
    async with db.write() as conn:
        asked = (
            select(_TABLE.c.case_id)
            .where(
                _TABLE.c.campaign_id == campaign_id,
                _TABLE.c.case_id == case_id,
                _TABLE.c.state != WorkState.WORKING,
                or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= now),
            )
            .with_for_update(skip_locked=True)
        )
        leased = await _lease(conn, campaign_id, asked, owner, now + lease)
    return _due_case(campaign_id, leased[0], now) if leased else None


async def release(
    db: Database, campaign_id: str, case_ids: Sequence[str], *, owner: str, now: datetime
) -> None:
    """Give back cases that were leased and not worked; they are due as before."""
    async with db.write() as conn:
        await conn.execute(
            update(_TABLE)
            .where(
                _TABLE.c.campaign_id == campaign_id,
                _TABLE.c.case_id.in_(case_ids),
                _TABLE.c.lease_owner == owner,
                _TABLE.c.state == WorkState.DUE,
            )
            .values(lease_owner=None, lease_until=None, updated_at=now)
        )


async def plan(db: Database, due: DueCase, follow_up: FollowUp, now: datetime) -> None:
    """Plan a leased case anew without an attempt, and free its lease.

    What changed the case since it was leased has the last word: then it is due as that said.
    """
    async with db.write() as conn:
        ours = and_(_TABLE.c.campaign_id == due.campaign_id, _TABLE.c.case_id == due.case_id)
        freed = await conn.execute(
            update(_TABLE)
            .where(ours, _TABLE.c.updated_at == due.seen_at)
            .values(lease_owner=None, lease_until=None, updated_at=now)
        )
        if freed.rowcount:
            await move_on(
                conn,
                campaign_id=due.campaign_id,
                case_id=due.case_id,
                follow_up=follow_up,
                now=now,
            )
        else:
            await conn.execute(
                update(_TABLE)
                .where(ours, _TABLE.c.state == WorkState.DUE)
                .values(lease_owner=None, lease_until=None)
            )


def _due_case(campaign_id: str, row: Row[Any], now: datetime) -> DueCase:
    case_id, consumer_id, step, channel, next_at, *rest, updated_at = row
    placed_at, _, priority, last_outcome, list_name = rest
    return DueCase(
        campaign_id=campaign_id,
        case_id=case_id,
        consumer_id=consumer_id,
        step=step,
        channel=Channel(channel) if channel else None,
        due_at=next_at or now,
        placed_at=placed_at,
        priority=priority,
        last_outcome=last_outcome,
        list_name=list_name,
        seen_at=updated_at,
    )


async def _next_priority(
    conn: AsyncConnection, queue: ColumnElement[bool], at_most: int
) -> int | None:
    found = await conn.execute(
        select(func.max(_TABLE.c.priority)).where(queue, _TABLE.c.priority <= at_most)
    )
    highest: int | None = found.scalar_one()
    return highest


def _due(
    queue: ColumnElement[bool], priority: int, now: datetime, limit: int
) -> Select[tuple[str]]:
    return (
        select(_TABLE.c.case_id)
        .where(
            queue,
            _TABLE.c.priority == priority,
            _TABLE.c.next_at <= now,
            or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= now),
        )
        .order_by(_TABLE.c.next_at, _TABLE.c.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


async def _lease(
    conn: AsyncConnection,
    campaign_id: str,
    due: Select[tuple[str]],
    owner: str,
    until: datetime,
) -> list[Row[Any]]:
    """Lease what is due by one statement; the rows in their order. The list is made once, first."""
    chosen = due.cte("due")
    leased = await conn.execute(
        update(_TABLE)
        .where(
            _TABLE.c.campaign_id == campaign_id,
            _TABLE.c.case_id.in_(select(chosen.c.case_id)),
        )
        .values(lease_owner=owner, lease_until=until)
        .returning(*_WANTED)
    )
    return sorted(leased, key=itemgetter(*_ORDER))
