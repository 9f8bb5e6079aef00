"""Contact attempts, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import attempts, campaigns, cases, consumers, contact_points

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt as the lists show it."""

    id: str
    at: datetime  # reserved
    closed_at: datetime | None
    campaign_id: str | None
    campaign: str | None
    case_ref: str
    consumer_id: str
    consumer: str
    channel: str
    address: str
    state: str
    outcome: str
    counts_as_connected: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFilter:
    """What a list of attempts is narrowed to; None = not."""

    campaign_id: str | None = None
    campaigns: frozenset[str] | None = None  # those that the reader sees
    channel: str | None = None
    outcome: str | None = None
    consumer_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included
    before: tuple[datetime, str] | None = None  # the last row of the page before


async def list_attempts(
    conn: AsyncConnection, wanted: AttemptFilter, *, limit: int = PAGE
) -> list[AttemptRow]:
    """At most `limit` attempts, newest first."""
    query = (
        _query()
        .where(*_conditions(wanted))
        .order_by(attempts.c.reserved_at.desc(), attempts.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in await conn.execute(query)]


async def find_attempt(conn: AsyncConnection, attempt_id: str) -> AttemptRow | None:
    row = (await conn.execute(_query().where(attempts.c.id == attempt_id))).first()
    return _row(row) if row else None


def _query() -> Select[Any]:
    return select(
        attempts.c.id,
        attempts.c.reserved_at,
        attempts.c.closed_at,
        attempts.c.campaign_id,
        campaigns.c.name.label("campaign"),
        cases.c.case_ref,
        attempts.c.consumer_id,
        consumers.c.full_name,
        attempts.c.channel,
        contact_points.c.value.label("address"),
        attempts.c.state,
        attempts.c.outcome,
        attempts.c.counts_as_connected,
    ).select_from(
        attempts.join(cases, cases.c.id == attempts.c.case_id)
        .join(consumers, consumers.c.id == attempts.c.consumer_id)
        .join(contact_points, contact_points.c.id == attempts.c.contact_point_id)
        .outerjoin(campaigns, campaigns.c.id == attempts.c.campaign_id)
    )


def _conditions(wanted: AttemptFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (attempts.c.campaign_id, wanted.campaign_id),
        (attempts.c.channel, wanted.channel),
        (attempts.c.outcome, wanted.outcome),
        (attempts.c.consumer_id, wanted.consumer_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.campaigns is not None:
        conditions.append(attempts.c.campaign_id.in_(sorted(wanted.campaigns)))
    if wanted.since is not None:
        conditions.append(attempts.c.reserved_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(attempts.c.reserved_at < wanted.until)
    if wanted.before is not None:
        at, attempt_id = wanted.before
        conditions.append(
            (attempts.c.reserved_at < at)
            | ((attempts.c.reserved_at == at) & (attempts.c.id < attempt_id))
        )
    return conditions


def _row(row: Row[Any]) -> AttemptRow:
    return AttemptRow(
        id=row.id,
        at=row.reserved_at,
        closed_at=row.closed_at,
        campaign_id=row.campaign_id,
        campaign=row.campaign,
        case_ref=row.case_ref,
        consumer_id=row.consumer_id,
        consumer=row.full_name,
        channel=row.channel,
        address=row.address,
        state=row.state,
        outcome=row.outcome,
        counts_as_connected=row.counts_as_connected,
    )
