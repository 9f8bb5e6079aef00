"""Callbacks: calls that were promised for an hour, kept apart from the strategy's plan.

An open callback goes before the list when its hour has come, and holds the strategy's calls back
until then. The gate decides on it like on any other contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.store.database import Database
from dialer.store.floor_tables import callbacks
from dialer.store.ids import new_id
from dialer.store.work import FollowUp, WorkState

PRIORITY = 5
"""Of a case with an open callback; cases of the list have 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A call that is due at `at`; `agent` is preferred for it, None = anybody of the team."""

    id: str
    case_id: str
    campaign_id: str
    contact_point_id: str | None
    at: datetime
    agent: str | None

    def follow_up(self, step: int) -> FollowUp:
        """Where the campaign puts the case until then."""
        return FollowUp(
            state=WorkState.DUE, step=step, channel=Channel.CALL, at=self.at, priority=PRIORITY
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallback:
    """A callback to note; `source` is `asked` or `agent_lost`."""

    case_id: str
    consumer_id: str
    campaign_id: str
    at: datetime
    source: str
    by: str | None = None
    agent: str | None = None
    contact_point_id: str | None = None


async def note(conn: AsyncConnection, new: NewCallback, now: datetime) -> str:
    """Write a callback within the caller's transaction; it takes the place of an open one."""
    await conn.execute(
        update(callbacks)
        .where(callbacks.c.case_id == new.case_id, callbacks.c.state == "open")
        .values(state="withdrawn", closed_at=now)
    )
    ident = new_id("callback")
    row = {
        "id": ident,
        "case_id": new.case_id,
        "consumer_id": new.consumer_id,
        "campaign_id": new.campaign_id,
        "contact_point_id": new.contact_point_id,
        "at": new.at,
        "agent": new.agent,
        "state": "open",
        "source": new.source,
        "by": new.by,
        "created_at": now,
    }
    await conn.execute(insert(callbacks), row)
    return ident


async def open_of(conn: AsyncConnection, campaign_id: str, case_id: str) -> Callback | None:
    """The open callback of a case in a campaign."""
    found = await conn.execute(
        select(callbacks).where(
            callbacks.c.case_id == case_id,
            callbacks.c.campaign_id == campaign_id,
            callbacks.c.state == "open",
        )
    )
    row = found.one_or_none()
    return None if row is None else _callback(row)


async def begin(db: Database, callback_id: str, attempt_id: str, *, now: datetime) -> None:
    """The call is about to be placed: the callback is kept, whatever comes of it."""
    await _turn(
        db,
        callback_id,
        was="open",
        values={"state": "made", "made_by_attempt": attempt_id, "closed_at": now},
    )


async def reopen(db: Database, callback_id: str) -> None:
    """The call was not placed after all."""
    values = {"state": "open", "made_by_attempt": None, "closed_at": None}
    await _turn(db, callback_id, was="made", values=values)


async def _turn(db: Database, callback_id: str, *, was: str, values: dict[str, Any]) -> None:
    async with db.write() as conn:
        await conn.execute(
            update(callbacks)
            .where(callbacks.c.id == callback_id, callbacks.c.state == was)
            .values(values)
        )


def _callback(row: Row[Any]) -> Callback:
    return Callback(
        id=row.id,
        case_id=row.case_id,
        campaign_id=row.campaign_id,
        contact_point_id=row.contact_point_id,
        at=row.at,
        agent=row.agent,
    )
