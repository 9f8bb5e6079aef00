"""The payments of a case that count, for judging promises and plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.payment import Payment
from dialer.store.casework_tables import payment_lines, payments


async def effective(
    conn: AsyncConnection, case_id: str, debt_id: str | None = None
) -> tuple[Payment, ...]:
    """What was paid and not taken back, oldest first; with `debt_id` what went to that debt."""
    rows = (await conn.execute(select(payments).where(payments.c.case_id == case_id))).all()
    if debt_id is None:
        return on_case(rows)
    lines = await conn.execute(
        select(payment_lines)
        .join(payments, payments.c.id == payment_lines.c.payment_id)
        .where(payments.c.case_id == case_id, payment_lines.c.debt_id == debt_id)
    )
    return on_debt(rows, lines, debt_id)


def on_case(rows: Iterable[Any]) -> tuple[Payment, ...]:
    """Of a case's payments those that stayed, oldest first."""
    return tuple(_payment(row, row.amount_minor) for row in _stayed(rows))


def on_debt(rows: Iterable[Any], lines: Iterable[Any], debt_id: str) -> tuple[Payment, ...]:
    """The same with what went to one debt, by the payments' lines."""
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.debt_id == debt_id:
            counted[line.payment_id] += line.amount_minor
    return tuple(_payment(row, counted[row.id]) for row in _stayed(rows) if row.id in counted)


def _stayed(rows: Iterable[Any]) -> list[Any]:
    kept = [row for row in rows if row.reversed_on is None]
    return sorted(kept, key=attrgetter("received_on", "payment_ref"))


def _payment(row: Any, counted_minor: int) -> Payment:
    return Payment(
        payment_id=row.id,
        amount_minor=counted_minor,
        currency=row.currency,
        received_on=row.received_on,
    )
