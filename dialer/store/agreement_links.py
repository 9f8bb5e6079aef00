"""Links to agreements that are offered: whom they went to, what was answered, when it was read.

Nothing of an agreement is shown before the consumer has told a second fact. A few wrong answers
close the link; a new one is sent by an agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.script import right_answers
from dialer.casework.terms import CaseTerms, IdentityQuestion
from dialer.store import case_events, identity, plans
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case, read_case
from dialer.store.casework_tables import agreement_links
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import append
from dialer.store.plan_rows import StoredPlan, StoredState

LASTS = timedelta(days=7)
MOST_WRONG = 5
NAME = "full_name"
"""Whoever holds the phone knows the name; it is no second fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that was sent. `closed` after too many wrong answers."""

    id: str
    plan_id: str
    question: str
    expires_at: datetime
    closed: bool


async def question_for(
    conn: AsyncConnection, case: CaseRow, terms: CaseTerms
) -> IdentityQuestion | None:
    """The first question beside the name whose answer is known; None where there is none."""
    facts = await identity.facts_of(conn, case.consumer_id, terms)
    return next((q for q in terms.identity if q.fact != NAME and facts.get(q.fact)), None)


async def against(conn: AsyncConnection, stored: StoredPlan, now: datetime) -> tuple[str, ...]:
    """Why the agreement cannot be offered by a link."""
    if stored.state is not StoredState.PROPOSED:
        return (f"the plan is {stored.state}, not proposed",)
    case = await read_case(conn, stored.case_id)
    last = next(part.due_on for part in stored.plan.schedule if part.number > 0)
    if case.today(now) > last:
        return (f"the offer ended on {last.isoformat()}",)
    return ()


async def issue(
    db: Database, plan_id: str, *, attempt_id: str, question: str, by: str, now: datetime
) -> Link:
    """A new link, to be sent by the attempt."""
    row = {
        "id": new_id("link"),
        "plan_id": plan_id,
        "attempt_id": attempt_id,
        "question": question,
        "by": by,
        "issued_at": now,
        "expires_at": now.replace(microsecond=0) + LASTS,
        "wrong_answers": 0,
    }
    async with db.write() as conn:
        case = await hold_case(conn, (await plans.find(conn, plan_id)).case_id)
        await conn.execute(insert(agreement_links), row)
        facts = {"link": row["id"], "attempt": attempt_id, "by": by}
        news = News(kind="plan.offered", subject=plan_id, facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, str(row["id"]))


async def find(conn: AsyncConnection, link_id: str) -> Link:
    """The link. Raises LookupError."""
    query = select(agreement_links).where(agreement_links.c.id == link_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no link {link_id}")
    return _link(row)


async def answer(
    db: Database, link_id: str, text: str, terms: Mapping[str, CaseTerms], *, now: datetime
) -> StoredPlan | None:
    """The plan, if the answer is right and the link is not closed. Raises LookupError.

    The first reading is told to the case; what was answered is not kept.
    """
    table = agreement_links
    async with db.write() as conn:
        link = await find(conn, link_id)
        stored = await plans.find(conn, link.plan_id)
        case = await hold_case(conn, stored.case_id)
        link = await find(conn, link_id)
        if link.closed:
            return None
        facts = await identity.facts_of(conn, case.consumer_id, terms[case.country or ""])
        if not right_answers(facts, {link.question: text}):
            wrong = table.c.wrong_answers + 1
            where = table.c.id == link_id
            await conn.execute(update(table).where(where).values(wrong_answers=wrong))
            return None
        first = await conn.execute(
            update(table)
            .where(table.c.id == link_id, table.c.read_at.is_(None))
            .values(read_at=now)
        )
        if first.rowcount:
            news = News(kind="plan.read", subject=stored.id, facts={"link": link_id}, at=now)
            await append(db, conn, [await case_events.tell(conn, case, news)])
    return stored


def _link(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        plan_id=row.plan_id,
        question=row.question,
        expires_at=row.expires_at,
        closed=row.wrong_answers >= MOST_WRONG,
    )
