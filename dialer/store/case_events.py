"""What happens to a case beside its contacts, so that its strategy rests, goes on or ends.

The words are those of `scheduler.strategy`: promise_made, promise_broken, plan_agreed, paid ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import outbox, tables
from dialer.store.case_rows import CaseRow
from dialer.store.casework_tables import case_events
from dialer.store.driver import OneOf
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft
from dialer.store.work import WorkState
from scheduler.strategy import OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of a case; `subject` is the promise, plan, dispute or payment that it is about."""

    case_id: str
    consumer_id: str
    word: str
    at: datetime
    subject: str | None = None

    def __post_init__(self) -> None:
        if self.word not in OUTCOMES:
            raise ValueError(f"{self.word!r} is no word that a strategy knows")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What an act on a case is to be known by: to outside systems, the ledger and the strategy.

    `facts` are opaque ids, figures and closed words, never names or free text. `word` is what the
    strategy hears, None for what does not concern it.
    """

    kind: str
    subject: str
    facts: Mapping[str, object]
    at: datetime
    word: str | None = None


async def tell(conn: AsyncConnection, case: CaseRow, news: News) -> Draft:
    """Tell the strategy and the outbox, within the caller's transaction; the ledger's entry."""
    if news.word is not None:
        await note(
            conn,
            Happened(
                case_id=case.id,
                consumer_id=case.consumer_id,
                word=news.word,
                at=news.at,
                subject=news.subject,
            ),
        )
    told = {news.kind.split(".", maxsplit=1)[0]: news.subject, **news.facts}
    await outbox.enqueue(conn, case.id, news.kind, told, news.at)
    return Draft(kind=news.kind, body={**told, "case": case.id}, person=case.consumer_id)


async def note(conn: AsyncConnection, event: Happened) -> None:
    """Write the event, within the caller's transaction, and have the case planned anew."""
    last = await conn.execute(
        select(func.coalesce(func.max(case_events.c.seq), 0)).where(
            case_events.c.case_id == event.case_id
        )
    )
    await conn.execute(
        insert(case_events),
        {
            "id": new_id("event"),
            "case_id": event.case_id,
            "consumer_id": event.consumer_id,
            "seq": last.scalar_one() + 1,
            "at": event.at,
            "word": event.word,
            "subject": event.subject,
        },
    )
    await replan(conn, event.case_id, event.at)


async def annul(conn: AsyncConnection, case_id: str, subject: str, word: str, at: datetime) -> bool:
    """Take back what was noted of a subject, as if it had not been; the case is planned anew.

    False when nothing of that kind stands.
    """
    annulled = await conn.execute(
        update(case_events)
        .where(
            case_events.c.case_id == case_id,
            case_events.c.subject == subject,
            case_events.c.word == word,
            case_events.c.annulled_at.is_(None),
        )
        .values(annulled_at=at)
    )
    if annulled.rowcount == 0:
        return False
    await replan(conn, case_id, at)
    return True


async def replan(conn: AsyncConnection, case_id: str, now: datetime) -> None:
    """Make the case due for planning in every campaign; where an attempt is open, after it."""
    table = tables.campaign_cases
    working = table.c.state == WorkState.WORKING
    await conn.execute(
        update(table)
        .where(table.c.case_id == case_id)
        .values(
            state=case((working, WorkState.WORKING), else_=WorkState.DUE),
            next_channel=case((working, table.c.next_channel), else_=None),
            next_at=now,
            updated_at=now,
        )
    )


def select_standing(one_of: OneOf) -> Select[Any]:
    """The events of `cases` that stand: entries of their histories."""
    table = case_events
    return select(table.c.case_id, table.c.seq, table.c.at, table.c.word).where(
        one_of(table.c.case_id, "cases"), table.c.annulled_at.is_(None)
    )
