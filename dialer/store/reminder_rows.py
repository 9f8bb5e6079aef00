"""Which promises and instalments are to be reminded of, and that it was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.case import NextPayment
from dialer.model.plan_progress import unpaid_of
from dialer.model.promise import PromiseState
from dialer.store import payment_rows, plan_rows, tables
from dialer.store.case_rows import read_case
from dialer.store.casework_tables import plan_instalments, plans
from dialer.store.database import Database
from dialer.store.plan_rows import IN_FORCE

PROMISE, PLAN = "promise_reminder", "plan_reminder"
"""The purposes by which the rules know these contacts; the templates have the same names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """A reminder that is due: of an open promise, or of a plan's instalment by its number."""

    purpose: str
    subject: str
    number: int | None
    case_id: str
    payment: NextPayment


async def due_reminders(
    conn: AsyncConnection, now: datetime, *, days_before: int, limit: int
) -> list[DueReminder]:
    """Reminders whose day has come at the consumer's place, and whose payment is still to come."""
    found = [
        *await _promises(conn, now, limit),
        *await _instalments(conn, now, timedelta(days=days_before), limit),
    ]
    return found[:limit]


async def mark_reminded(db: Database, reminder: DueReminder, *, now: datetime) -> None:
    """The reminder went out; there will be no second one."""
    async with db.write() as conn:
        if reminder.number is None:
            table = tables.promises
            where = table.c.id == reminder.subject
            await conn.execute(update(table).where(where).values(reminded_at=now))
        else:
            parts = plan_instalments
            await conn.execute(
                update(parts)
                .where(parts.c.plan_id == reminder.subject, parts.c.number == reminder.number)
                .values(reminded_at=now)
            )


async def _promises(conn: AsyncConnection, now: datetime, limit: int) -> list[DueReminder]:
    table = tables.promises
    rows = await conn.execute(
        select(table)
        .where(
            table.c.state == PromiseState.OPEN,
            table.c.remind_on <= _latest(now),
            table.c.due_on >= now.date() - timedelta(days=1),
            table.c.reminded_at.is_(None),
        )
        .order_by(table.c.due_on, table.c.id)
        .limit(limit)
    )
    due = []
    for row in rows.all():
        today = (await read_case(conn, row.case_id)).today(now)
        if row.remind_on <= today <= row.due_on and row.paid_minor < row.amount_minor:
            payment = NextPayment(
                amount_minor=row.amount_minor - row.paid_minor,
                currency=row.currency,
                due_on=row.due_on,
            )
            due.append(
                DueReminder(
                    purpose=PROMISE,
                    subject=row.id,
                    number=None,
                    case_id=row.case_id,
                    payment=payment,
                )
            )
    return due


async def _instalments(
    conn: AsyncConnection, now: datetime, before: timedelta, limit: int
) -> list[DueReminder]:
    parts = plan_instalments
    rows = await conn.execute(
        select(parts, plans.c.case_id)
        .join(plans, plans.c.id == parts.c.plan_id)
        .where(
            plans.c.state.in_(IN_FORCE),
            parts.c.due_on <= _latest(now) + before,
            parts.c.due_on >= now.date() - timedelta(days=1),
            parts.c.reminded_at.is_(None),
        )
        .order_by(parts.c.due_on, parts.c.plan_id)
        .limit(limit)
    )
    due = []
    for row in rows.all():
        today = (await read_case(conn, row.case_id)).today(now)
        if not row.due_on - before <= today <= row.due_on:
            continue
        payment = await _unpaid(conn, row.plan_id, row.number, today)
        if payment is not None:
            due.append(
                DueReminder(
                    purpose=PLAN,
                    subject=row.plan_id,
                    number=row.number,
                    case_id=row.case_id,
                    payment=payment,
                )
            )
    return due


async def _unpaid(
    conn: AsyncConnection, plan_id: str, number: int, today: date
) -> NextPayment | None:
    """The instalment, as far as it is not paid; None where it is."""
    (stored,) = await plan_rows.find(conn, plans.c.id == plan_id)
    paid = await payment_rows.effective(conn, stored.case_id, stored.debt_id)
    missing = unpaid_of(stored.plan, paid, today, number)
    if not missing:
        return None
    part = next(part for part in stored.plan.schedule if part.number == number)
    return NextPayment(
        amount_minor=missing,
        currency=stored.plan.terms.currency,
        due_on=part.due_on,
        instalments_left=sum(other.number > number for other in stored.plan.schedule),
    )


def _latest(now: datetime) -> date:
    """The date where the day begins first; each consumer's own is looked at afterwards."""
    return (now + timedelta(hours=14)).date()
