"""The payments of a case that count, for judging promises and plans."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.payment import Payment
from dialer.store.casework_tables import payment_lines, payments


async def effective(
    conn: AsyncConnection, case_id: str, debt_id: str | None = None
) -> tuple[Payment, ...]:
    """What was paid and not taken back, oldest first; with `debt_id` what went to that debt."""
    if debt_id is None:
        query = select(payments, payments.c.amount_minor.label("counted"))
    else:
        query = (
            select(payments, func.sum(payment_lines.c.amount_minor).label("counted"))
            .join(payment_lines, payment_lines.c.payment_id == payments.c.id)
            .where(payment_lines.c.debt_id == debt_id)
            .group_by(payments.c.id)
        )
    rows = await conn.execute(
        query.where(payments.c.case_id == case_id, payments.c.reversed_on.is_(None)).order_by(
            payments.c.received_on, payments.c.payment_ref
        )
    )
    return tuple(
        Payment(
            payment_id=row.id,
            amount_minor=int(row.counted),
            currency=row.currency,
            received_on=row.received_on,
        )
        for row in rows
    )
