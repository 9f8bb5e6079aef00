"""Callbacks: calls that were promised for an hour, kept apart from the strategy's plan.

An open callback goes before the list when its hour has come, and holds the strategy's calls back
until then. The gate decides on it like on any other contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, Consent
from dialer.store import outbox
from dialer.store.case_events import replan
from dialer.store.database import Database
from dialer.store.fact_rows import consent_row
from dialer.store.floor_tables import callbacks
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft
from dialer.store.tables import consents
from dialer.store.work import FollowUp, WorkState

PRIORITY = 5
"""Of a case with an open callback; cases of the list have 0."""

LOST_AGENT_PAUSE = timedelta(minutes=2)
"""After a call that lost its agent, the consumer is called back so soon, where that is lawful."""


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


async def agree(
    conn: AsyncConnection,
    new: NewCallback,
    consent: Consent,
    *,
    source: str,
    call_id: str,
    now: datetime,
) -> tuple[str, list[Draft]]:
    """Write a callback that the consumer asked for in this call, with their leave for it.

    Its id, and what the ledger is to say; `source` is who took the wish down.
    """
    row = consent_row(new.consumer_id, consent, source=source, now=now)
    await conn.execute(insert(consents), row)
    ident = await note(conn, new, now)
    told = {"callback": ident, "attempt": call_id, "at": new.at, "by": new.by}
    fed = {**told, "at": new.at.isoformat()}
    await outbox.enqueue(conn, new.case_id, "callback", fed, now)
    asked = {"consent": consent.consent_id, "channel": consent.channel, "source": source}
    return ident, [
        Draft(kind="consent", body=asked, person=new.consumer_id),
        Draft(kind="callback", body={**told, "case": new.case_id}, person=new.consumer_id),
    ]


async def note_lost_agent(
    db: Database, *, case_id: str, consumer_id: str, campaign_id: str, now: datetime
) -> None:
    """The agent's phone was lost in the middle of a talk: the consumer is called back soon."""
    new = NewCallback(
        case_id=case_id,
        consumer_id=consumer_id,
        campaign_id=campaign_id,
        at=now + LOST_AGENT_PAUSE,
        source="agent_lost",
    )
    async with db.write() as conn:
        await note(conn, new, now)
        await replan(conn, case_id, now)


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
