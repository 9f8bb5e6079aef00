"""Payments: recorded once, split over the debts by the creditor's order, taken back at need.

One transaction each: the balances, the promises and plans that it keeps, the case that it closes,
outside systems and the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.allocation import (
    Allocation,
    AllocationOrder,
    DebtBalance,
    Line,
    Part,
    allocate,
    reverse,
)
from dialer.model.payment import Payment
from dialer.store import balances, case_events, plan_course, promises
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case, read_case
from dialer.store.casework_tables import payment_lines, payments
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

FIRST_ZONE = timedelta(hours=14)
"""Where a day begins first."""


class PaymentConflict(ValueError):
    """A payment of that reference is known, and says something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """Money that the creditor received.

    `payment_ref` is the creditor's own name for it: the same one twice is one payment.
    `directed_to` is the debt that the consumer named. `deducted`: the balance that was reported
    to us reflects the payment already, so it is not taken off again.
    """

    payment_ref: str
    case_id: str
    amount_minor: int
    currency: str
    received_on: date
    source: str
    directed_to: str | None = None
    deducted: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a payment. `repeated`: it was known, and nothing changed."""

    payment_id: str
    lines: tuple[Line, ...]
    unallocated_minor: int
    reason: str | None
    repeated: bool


async def receive(
    db: Database, new: NewPayment, order: AllocationOrder, *, now: datetime
) -> Receipt:
    """Record a payment. Raises NoSuchCase, PaymentConflict, ValueError for what can't be paid."""
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        receipt, drafts = await enter(conn, case, new, order, now)
        await append(db, conn, drafts)
    return receipt


async def enter(
    conn: AsyncConnection, case: CaseRow, new: NewPayment, order: AllocationOrder, now: datetime
) -> tuple[Receipt, list[Draft]]:
    """The same within the caller's transaction, which holds the person; the ledger's entries."""
    known = await _known(conn, new.payment_ref)
    if known is not None:
        return await _repeat(conn, known, new), []
    owed = await balances.read(conn, case.id, now)
    payment = Payment(
        payment_id=new_id("payment"),
        amount_minor=new.amount_minor,
        currency=new.currency,
        received_on=new.received_on,
    )
    if new.received_on > (now + FIRST_ZONE).date():
        raise ValueError(f"payment {new.payment_ref}: {new.received_on.isoformat()} is to come")
    if new.directed_to is None:
        new = replace(new, directed_to=await _planned(conn, case, owed))
    if new.deducted:
        split = _already_deducted(payment, owed, new)
    else:
        split = allocate(payment, owed, order, directed_to=new.directed_to)
    await _keep(conn, case, new, split, now)
    if not new.deducted:
        await balances.deduct(conn, split.lines, now)
    facts = {
        "amount_minor": new.amount_minor,
        "currency": new.currency,
        "received_on": new.received_on.isoformat(),
        "lines": _told(split.lines),
        "unallocated_minor": split.unallocated_minor,
    }
    news = News(kind="payment.received", subject=payment.payment_id, facts=facts, at=now)
    drafts = await _follow(conn, case, news)
    return _receipt(split, repeated=False), drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed:
    """A payment was taken back: when, why, and who says so."""

    on: date
    reason: str
    by: str | None


async def take_back(db: Database, payment_ref: str, undone: Reversed, *, now: datetime) -> bool:
    """Undo a payment that bounced or was not the consumer's; False if it was undone before.

    What it had kept is judged anew, and a case that it had closed is open again.
    """
    async with db.write() as conn:
        known = await _known(conn, payment_ref)
        if known is None:
            raise LookupError(f"there is no payment {payment_ref}")
        await hold_case(conn, known.case_id)
        drafts = await undo(conn, known.id, undone, now)
        await append(db, conn, drafts)
    return bool(drafts)


async def undo(
    conn: AsyncConnection, payment_id: str, undone: Reversed, now: datetime
) -> list[Draft]:
    """The same within the caller's transaction, which holds the person; none if undone before."""
    table = payments
    row = (await conn.execute(select(table).where(table.c.id == payment_id))).one()
    if row.reversed_on is not None:
        return []
    await conn.execute(
        update(table)
        .where(table.c.id == payment_id)
        .values(reversed_on=undone.on, reversal_reason=undone.reason)
    )
    lines = await _lines(conn, payment_id)
    split = Allocation(payment_id=payment_id, lines=lines, unallocated_minor=0, reason=None)
    if not row.deducted:
        await balances.deduct(conn, reverse(split), now)
    facts = {"on": undone.on.isoformat(), "by": undone.by}
    news = News(kind="payment.reversed", subject=payment_id, facts=facts, at=now)
    return await _follow(conn, await read_case(conn, row.case_id), news)


async def _follow(conn: AsyncConnection, case: CaseRow, news: News) -> list[Draft]:
    """What a payment or its reversal brings about."""
    drafts = [await case_events.tell(conn, case, news)]
    drafts += await promises.rejudge(conn, case, news.at)
    drafts += await plan_course.reassess(conn, case, news.at)
    drafts += await balances.settle_case(conn, case, news.subject, news.at)
    await case_events.replan(conn, case.id, news.at)
    return drafts


async def _planned(conn: AsyncConnection, case: CaseRow, owed: Sequence[DebtBalance]) -> str | None:
    """The debt that an instalment is for, where a plan is in force and the debt can be paid."""
    debt_id = await plan_course.debt_in_plan(conn, case.id)
    payable = {debt.debt_id for debt in owed if not debt.disputed}
    return debt_id if debt_id in payable else None


async def _known(conn: AsyncConnection, payment_ref: str) -> Row[Any] | None:
    found = await conn.execute(select(payments).where(payments.c.payment_ref == payment_ref))
    return found.one_or_none()


async def _repeat(conn: AsyncConnection, known: Row[Any], new: NewPayment) -> Receipt:
    same = (known.case_id, known.amount_minor, known.currency, known.received_on)
    if same != (new.case_id, new.amount_minor, new.currency, new.received_on):
        raise PaymentConflict(f"payment {new.payment_ref} is known, and says something else")
    return Receipt(
        payment_id=known.id,
        lines=await _lines(conn, known.id),
        unallocated_minor=known.unallocated_minor,
        reason=known.unallocated_reason,
        repeated=True,
    )


async def _lines(conn: AsyncConnection, payment_id: str) -> tuple[Line, ...]:
    rows = await conn.execute(
        select(payment_lines)
        .where(payment_lines.c.payment_id == payment_id)
        .order_by(payment_lines.c.debt_id, payment_lines.c.part)
    )
    return tuple(
        Line(debt_id=row.debt_id, part=Part(row.part), amount_minor=row.amount_minor)
        for row in rows
    )


def _already_deducted(payment: Payment, owed: Sequence[DebtBalance], new: NewPayment) -> Allocation:
    """A payment that the balances reflect already: to the debt named, or to the only one."""
    debts = [debt.debt_id for debt in owed if new.directed_to in (None, debt.debt_id)]
    if len(debts) != 1:
        return Allocation(
            payment_id=payment.payment_id,
            lines=(),
            unallocated_minor=payment.amount_minor,
            reason="the balance reflects it already; which debt it paid is not known",
        )
    line = Line(debt_id=debts[0], part=Part.PRINCIPAL, amount_minor=payment.amount_minor)
    return Allocation(
        payment_id=payment.payment_id, lines=(line,), unallocated_minor=0, reason=None
    )


async def _keep(
    conn: AsyncConnection, case: CaseRow, new: NewPayment, split: Allocation, now: datetime
) -> None:
    await conn.execute(
        insert(payments),
        {
            "id": split.payment_id,
            "payment_ref": new.payment_ref,
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "directed_to": new.directed_to,
            "amount_minor": new.amount_minor,
            "currency": new.currency,
            "received_on": new.received_on,
            "deducted": new.deducted,
            "unallocated_minor": split.unallocated_minor,
            "unallocated_reason": split.reason,
            "source": new.source,
            "by": new.by,
            "recorded_at": now,
        },
    )
    if split.lines:
        rows = [{"payment_id": split.payment_id, **line} for line in _told(split.lines)]
        await conn.execute(insert(payment_lines), rows)


def _told(lines: Sequence[Line]) -> list[dict[str, object]]:
    return [
        {"debt_id": line.debt_id, "part": str(line.part), "amount_minor": line.amount_minor}
        for line in lines
    ]


def _receipt(split: Allocation, *, repeated: bool) -> Receipt:
    return Receipt(
        payment_id=split.payment_id,
        lines=split.lines,
        unallocated_minor=split.unallocated_minor,
        reason=split.reason,
        repeated=repeated,
    )
