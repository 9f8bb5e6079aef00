"""Promises to pay: taken against the balance, judged by what was paid.

A promise rests the case's strategy; a broken one puts the case back into it. One promise is open
on a case at a time: several dates are an instalment plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.allocation import DebtBalance
from dialer.model.promise import (
    Promise,
    PromiseRefused,
    PromiseState,
    PromiseTerms,
    judge,
    remind_on,
    take_promise,
)
from dialer.store import balances, case_events, payment_rows
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.tables import promises

JUDGED = (
    PromiseState.OPEN,
    PromiseState.KEPT,
    PromiseState.PARTLY_KEPT,
    PromiseState.BROKEN,
)
WORDS = {
    PromiseState.KEPT: "promise_kept",
    PromiseState.PARTLY_KEPT: "promise_broken",
    PromiseState.BROKEN: "promise_broken",
}
"""What a judged promise means for the strategy: what is not kept in full was broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the consumer promises, and to whom. Without `debt_id` it is over the whole case."""

    case_id: str
    amount_minor: int
    currency: str
    due_on: date
    by: str
    debt_id: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A promise in the store."""

    id: str
    case_id: str
    consumer_id: str
    debt_id: str | None
    promise: Promise
    state: PromiseState
    paid_minor: int
    by: str | None
    remind_on: date | None


async def take(
    db: Database, asked: Asked, terms: PromiseTerms, *, now: datetime
) -> Promised | PromiseRefused:
    """Take a promise, or give every reason against it. Raises NoSuchCase."""
    async with db.write() as conn:
        case = await hold_case(conn, asked.case_id)
        promise = await _checked(conn, case, asked, terms, now)
        if isinstance(promise, PromiseRefused):
            return promise
        before = await payment_rows.effective(conn, case.id, asked.debt_id)
        row: dict[str, Any] = {
            "id": new_id("promise"),
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "debt_id": asked.debt_id,
            "attempt_id": asked.attempt_id,
            "amount_minor": promise.amount_minor,
            "currency": promise.currency,
            "due_on": promise.due_on,
            "state": PromiseState.OPEN,
            "by": asked.by,
            "created_at": now,
            "made_on": promise.made_on,
            "grace_days": promise.grace_days,
            "credited": [payment.payment_id for payment in before],
            "remind_on": remind_on(promise, terms),
        }
        await conn.execute(insert(promises), row)
        draft = await case_events.tell(conn, case, _made(row, now))
        await append(db, conn, [draft])
        kept = (await conn.execute(select(promises).where(promises.c.id == row["id"]))).one()
    return promised_from(kept)


async def withdraw(db: Database, promise_id: str, *, by: str, now: datetime) -> bool:
    """Take an open promise back, as agreed with the consumer; False if it is not open any more."""
    async with db.write() as conn:
        found = await conn.execute(select(promises.c.case_id).where(promises.c.id == promise_id))
        case_id = found.scalar_one_or_none()
        if case_id is None:
            raise LookupError(f"there is no promise {promise_id}")
        case = await hold_case(conn, case_id)
        ended = await conn.execute(
            update(promises)
            .where(promises.c.id == promise_id, promises.c.state == PromiseState.OPEN)
            .values(state=PromiseState.WITHDRAWN, settled_at=now)
        )
        if ended.rowcount == 0:
            return False
        await case_events.annul(conn, case.id, promise_id, "promise_made", now)
        news = News(kind="promise.withdrawn", subject=promise_id, facts={"by": by}, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
    return True


async def due_for_judgement(
    conn: AsyncConnection, now: datetime, *, after: str = "", limit: int
) -> list[str]:
    """Cases, from the one after `after`, with an open promise whose day is past.

    Their judgement may still be `open`, in the days of grace.
    """
    found = await conn.execute(
        select(promises.c.case_id)
        .where(
            promises.c.state == PromiseState.OPEN,
            promises.c.due_on < now.date(),
            promises.c.case_id > after,
        )
        .distinct()
        .order_by(promises.c.case_id)
        .limit(limit)
    )
    return list(found.scalars())


async def judge_case(db: Database, case_id: str, *, now: datetime) -> int:
    """Judge the promises of a case by the payments known now; how many changed."""
    async with db.write() as conn:
        case = await hold_case(conn, case_id)
        drafts = await rejudge(conn, case, now)
        await append(db, conn, drafts)
    return len(drafts)


async def rejudge(conn: AsyncConnection, case: CaseRow, now: datetime) -> list[Draft]:
    """The same within the caller's transaction; what the ledger is to say."""
    rows = await conn.execute(
        select(promises).where(
            promises.c.case_id == case.id,
            promises.c.state.in_(JUDGED),
            promises.c.made_on.is_not(None),
        )
    )
    drafts = []
    for row in rows.all():
        draft = await _rejudge_one(conn, case, row, now)
        drafts += [draft] if draft else []
    return drafts


async def of_case(conn: AsyncConnection, case_id: str) -> list[Promised]:
    """The promises of a case, oldest first."""
    rows = await conn.execute(
        select(promises)
        .where(promises.c.case_id == case_id, promises.c.made_on.is_not(None))
        .order_by(promises.c.created_at, promises.c.id)
    )
    return [promised_from(row) for row in rows]


def promised_from(row: Row[Any]) -> Promised:
    """A promise from its row."""
    return Promised(
        id=row.id,
        case_id=row.case_id,
        consumer_id=row.consumer_id,
        debt_id=row.debt_id,
        promise=Promise(
            amount_minor=row.amount_minor,
            currency=row.currency,
            made_on=row.made_on,
            due_on=row.due_on,
            grace_days=row.grace_days,
        ),
        state=PromiseState(row.state),
        paid_minor=row.paid_minor,
        by=row.by,
        remind_on=row.remind_on,
    )


async def _checked(
    conn: AsyncConnection, case: CaseRow, asked: Asked, terms: PromiseTerms, now: datetime
) -> Promise | PromiseRefused:
    found = await conn.execute(
        select(promises.c.due_on).where(
            promises.c.case_id == case.id, promises.c.state == PromiseState.OPEN
        )
    )
    others = [f"a promise for {due.isoformat()} is open" for due in found.scalars()]
    owed = await balances.read(conn, case.id, now)
    currency, total = _total(owed, asked.debt_id)
    promise = take_promise(
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        due_on=asked.due_on,
        today=case.today(now),
        balance_minor=total,
        balance_currency=currency,
        terms=terms,
    )
    if others:
        more = promise.reasons if isinstance(promise, PromiseRefused) else ()
        return PromiseRefused(reasons=(*others, *more))
    return promise


def _total(owed: Sequence[DebtBalance], debt_id: str | None) -> tuple[str | None, int | None]:
    """What is owed in all, where it is in one currency."""
    meant = [debt for debt in owed if debt_id in (None, debt.debt_id)]
    currencies = {debt.currency for debt in meant}
    if len(currencies) != 1:
        return None, None
    return currencies.pop(), sum(debt.total_minor for debt in meant)


async def _rejudge_one(
    conn: AsyncConnection, case: CaseRow, row: Row[Any], now: datetime
) -> Draft | None:
    known = promised_from(row)
    payments = [
        payment
        for payment in await payment_rows.effective(conn, case.id, row.debt_id)
        if payment.payment_id not in row.credited
    ]
    judged = judge(known.promise, payments, case.today(now))
    if judged.state is known.state and judged.paid_minor == known.paid_minor:
        return None
    await conn.execute(
        update(promises)
        .where(promises.c.id == row.id)
        .values(
            state=judged.state,
            paid_minor=judged.paid_minor,
            settled_at=None if judged.state is PromiseState.OPEN else now,
        )
    )
    if judged.state is known.state:
        return None
    old, new = WORDS.get(known.state), WORDS.get(judged.state)
    if old is not None and old != new:
        await case_events.annul(conn, case.id, row.id, old, now)
    news = News(
        kind=f"promise.{judged.state}",
        subject=row.id,
        facts={"paid_minor": judged.paid_minor, "missing_minor": judged.missing_minor},
        at=now,
        word=new if new != old else None,
    )
    return await case_events.tell(conn, case, news)


def _made(row: Mapping[str, Any], now: datetime) -> News:
    facts = {
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "due_on": row["due_on"].isoformat(),
        "attempt": row["attempt_id"],
        "by": row["by"],
    }
    return News(kind="promise.made", subject=row["id"], facts=facts, at=now, word="promise_made")
