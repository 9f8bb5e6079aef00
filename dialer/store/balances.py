"""What is owed on the debts of a case, and how payments and waivers change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.allocation import DebtBalance, Line, Part
from dialer.model.debt import days_past_due_at
from dialer.store import case_events, tables
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow
from dialer.store.casework_tables import debt_parts, disputes
from dialer.store.fact_values import debt_from
from dialer.store.ledger_writer import Draft

SETTLED = ("upheld", "partly_upheld", "rejected", "withdrawn")
"""States of a dispute in which it no longer keeps payments away from a debt."""


async def read(conn: AsyncConnection, case_id: str, now: datetime) -> list[DebtBalance]:
    """The open debts of a case whose balance is known, in the creditor's order."""
    rows = await _debts(conn, case_id)
    parts = await parts_of(conn, [row.id for row in rows])
    disputed = await _disputed(conn, case_id)
    return [
        DebtBalance(
            debt_id=row.id,
            currency=row.currency,
            owed=_owed(row.balance_minor, parts.get(row.id, {})),
            due_date=row.due_date,
            days_past_due=days_past_due_at(debt_from(row), now),
            disputed=disputed(row.id),
        )
        for row in rows
        if row.status == "open" and row.balance_minor is not None and row.currency is not None
    ]


async def parts_of(conn: AsyncConnection, debt_ids: Sequence[str]) -> dict[str, dict[Part, int]]:
    """What was last reported of the parts of these debts."""
    rows = await conn.execute(select(debt_parts).where(debt_parts.c.debt_id.in_(debt_ids)))
    return parts_from(rows)


def parts_from(rows: Iterable[Any]) -> dict[str, dict[Part, int]]:
    """The parts of each debt from their rows."""
    found: dict[str, dict[Part, int]] = defaultdict(dict)
    for row in rows:
        found[row.debt_id][Part(row.part)] = row.owed_minor
    return found


async def deduct(conn: AsyncConnection, lines: Iterable[Line], now: datetime) -> None:
    """Take the lines off their debts; negative lines put back. A debt at zero is paid."""
    by_debt: dict[str, dict[Part, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        by_debt[line.debt_id][line.part] += line.amount_minor
    for debt_id, taken in by_debt.items():
        await _deduct_one(conn, debt_id, taken, now)


async def itemise(
    conn: AsyncConnection, debt_id: str, owed: Mapping[Part, int], as_of: datetime
) -> None:
    """Write what a debt's balance consists of, as the creditor reported it."""
    for part in Part:
        values = {"owed_minor": owed.get(part, 0), "as_of": as_of}
        changed = await conn.execute(
            update(debt_parts)
            .where(debt_parts.c.debt_id == debt_id, debt_parts.c.part == part)
            .values(**values)
        )
        if changed.rowcount == 0:
            await conn.execute(debt_parts.insert().values(debt_id=debt_id, part=part, **values))


async def recall(
    conn: AsyncConnection, case_id: str, debt_ids: Sequence[str], now: datetime
) -> None:
    """Give debts back to the creditor: nothing may be collected on them. None named = all."""
    table = tables.debts
    meant = table.c.id.in_(debt_ids) if debt_ids else table.c.case_id == case_id
    await conn.execute(
        update(table)
        .where(table.c.case_id == case_id, meant)
        .values(status="recalled", updated_at=now)
    )


async def settle_case(
    conn: AsyncConnection, case: CaseRow, subject: str, now: datetime
) -> list[Draft]:
    """Close the case when no debt is open on it any more, or open it again when one is.

    `subject` is the payment, plan or dispute that made the difference.
    """
    states = {row.status for row in await _debts(conn, case.id)}
    done = bool(states) and "open" not in states
    word = "paid" if "paid" in states else "recalled"
    if done and case.status != "closed":
        facts = {"because_of": subject, "reason": word}
        news = News(kind="case.closed", subject=case.id, facts=facts, at=now, word=word)
        return [await _move(conn, case, "closed", news)]
    if not done and await case_events.annul(conn, case.id, case.id, "paid", now):
        facts = {"because_of": subject}
        news = News(kind="case.reopened", subject=case.id, facts=facts, at=now)
        return [await _move(conn, case, "open", news)]
    return []


async def _move(conn: AsyncConnection, case: CaseRow, status: str, news: News) -> Draft:
    table = tables.cases
    await conn.execute(
        update(table).where(table.c.id == case.id).values(status=status, updated_at=news.at)
    )
    return await case_events.tell(conn, case, news)


async def _debts(conn: AsyncConnection, case_id: str) -> Sequence[Row[Any]]:
    table = tables.debts
    query = select(table).where(table.c.case_id == case_id)
    return (await conn.execute(query.order_by(table.c.position, table.c.debt_ref))).all()


async def _disputed(conn: AsyncConnection, case_id: str) -> Callable[[str], bool]:
    """Whether a debt is in dispute; a dispute that names no debt is over all of them."""
    rows = await conn.execute(
        select(disputes.c.debts).where(
            disputes.c.case_id == case_id, disputes.c.state.not_in(SETTLED)
        )
    )
    named = list(rows.scalars())
    return lambda debt_id: any(not debts or debt_id in debts for debts in named)


def _owed(balance: int, parts: Mapping[Part, int]) -> Mapping[Part, int]:
    """The balance by its parts; a balance that they do not sum to counts as principal."""
    return dict(parts) if sum(parts.values()) == balance else {Part.PRINCIPAL: balance}


async def _deduct_one(
    conn: AsyncConnection, debt_id: str, taken: Mapping[Part, int], now: datetime
) -> None:
    table = tables.debts
    row = (await conn.execute(select(table).where(table.c.id == debt_id))).one()
    parts = (await parts_of(conn, [debt_id])).get(debt_id, {})
    itemised = bool(parts) and sum(parts.values()) == row.balance_minor
    balance = row.balance_minor - sum(taken.values())
    status = row.status
    if status in ("open", "paid"):
        status = "paid" if balance <= 0 else "open"
    await conn.execute(
        update(table)
        .where(table.c.id == debt_id)
        .values(balance_minor=balance, status=status, updated_at=now)
    )
    if itemised:
        for part, amount in taken.items():
            await conn.execute(
                update(debt_parts)
                .where(debt_parts.c.debt_id == debt_id, debt_parts.c.part == part)
                .values(owed_minor=debt_parts.c.owed_minor - amount, as_of=now)
            )
