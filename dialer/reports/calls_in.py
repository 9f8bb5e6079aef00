"""Calls that came in, newest first: the team's work list, strangers' calls, those of one case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.floor_tables import callbacks
from dialer.store.tables import campaigns, cases, consumers, inbound_calls, recordings

PAGE = 100


class Which(StrEnum):
    OPEN = "open"  # somebody has to act, or a callback is due
    UNMATCHED = "unmatched"  # without a case
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What the list is narrowed to; None = not. `campaigns` are those that the reader sees."""

    which: Which = Which.ALL
    campaigns: frozenset[str] | None = None
    case_id: str | None = None
    before: tuple[datetime, str] | None = None


async def list_calls(
    conn: AsyncConnection, wanted: CallFilter, *, limit: int = PAGE
) -> Sequence[Row[Any]]:
    """At most `limit` calls, newest first, each with its case, callback and recording."""
    table = inbound_calls
    query = (
        select(
            *(column for column in table.c if column is not table.c.duties),
            cases.c.case_ref,
            consumers.c.full_name.label("consumer"),
            campaigns.c.name.label("campaign"),
            callbacks.c.at.label("callback_at"),
            callbacks.c.state.label("callback_state"),
            recordings.c.name.label("recording"),
        )
        .outerjoin(cases, cases.c.id == table.c.case_id)
        .outerjoin(consumers, consumers.c.id == table.c.consumer_id)
        .outerjoin(campaigns, campaigns.c.id == table.c.campaign_id)
        .outerjoin(callbacks, callbacks.c.id == table.c.callback_id)
        .outerjoin(recordings, recordings.c.inbound_call_id == table.c.id)
        .where(*_conditions(wanted))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return (await conn.execute(query)).all()


async def count_open(conn: AsyncConnection, campaigns: frozenset[str] | None) -> int:
    """How many calls somebody has to act on; `campaigns` are those that the reader sees."""
    query = select(func.count()).where(inbound_calls.c.todo == "open")
    if campaigns is not None:
        query = query.where(inbound_calls.c.campaign_id.in_(campaigns))
    return int((await conn.execute(query)).scalar_one())


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    table, found = inbound_calls, list[ColumnElement[bool]]()
    if wanted.which is Which.OPEN:
        found.append(or_(table.c.todo == "open", callbacks.c.state == "open"))
    if wanted.which is Which.UNMATCHED:
        found.append(table.c.case_id.is_(None))
    if wanted.campaigns is not None:
        found.append(table.c.campaign_id.in_(wanted.campaigns))
    if wanted.case_id is not None:
        found.append(table.c.case_id == wanted.case_id)
    if wanted.before is not None:
        at, ident = wanted.before
        found.append(or_(table.c.at < at, and_(table.c.at == at, table.c.id < ident)))
    return found
