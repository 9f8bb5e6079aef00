"""What the creditor tells us of a debt after its placement: new figures, or that it goes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from dialer.casework.allocation import Part
from dialer.store import balances, case_events, plans, tables
from dialer.store.case_events import News
from dialer.store.case_rows import hold_case
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append
from dialer.store.plan_rows import IN_FORCE


class BadReport(ValueError):
    """The report does not hold together, or is older than what is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A debt as the creditor sees it at `as_of`, in minor units.

    `parts` sum to the balance where they are given; None = not itemised. `days_past_due` None
    leaves the days as they were.
    """

    balance_minor: int
    as_of: datetime
    parts: Mapping[Part, int] | None = None
    days_past_due: int | None = None
    due_date: date | None = None


async def report(db: Database, debt_id: str, told: Reported, *, by: str, now: datetime) -> None:
    """Take the creditor's figures over ours. Raises LookupError, BadReport."""
    if told.balance_minor < 0 or told.as_of > now:
        raise BadReport("a balance is not negative, and not of a time to come")
    if told.parts is not None and sum(told.parts.values()) != told.balance_minor:
        raise BadReport("the parts do not sum to the balance")
    table = tables.debts
    query = select(table).where(table.c.id == debt_id)
    async with db.write() as conn:
        row = (await conn.execute(query)).one_or_none()
        if row is None:
            raise LookupError(f"there is no debt {debt_id}")
        case = await hold_case(conn, row.case_id)
        row = (await conn.execute(query)).one()
        if row.status == "recalled":
            raise BadReport("the debt was taken back")
        if told.as_of < row.as_of:
            raise BadReport(f"figures of {row.as_of.isoformat()} are known, which are newer")
        days = row.days_past_due if told.days_past_due is None else told.days_past_due
        await conn.execute(
            update(table)
            .where(table.c.id == debt_id)
            .values(
                balance_minor=told.balance_minor,
                as_of=told.as_of,
                days_past_due=days,
                due_date=told.due_date or row.due_date,
                status="open" if told.balance_minor else "paid",
                updated_at=now,
            )
        )
        await balances.itemise(conn, debt_id, told.parts or {}, told.as_of)
        facts = {"balance_minor": told.balance_minor, "as_of": told.as_of.isoformat(), "by": by}
        news = News(kind="debt.reported", subject=debt_id, facts=facts, at=now)
        drafts = [await case_events.tell(conn, case, news)]
        drafts += await balances.settle_case(conn, case, debt_id, now)
        await case_events.replan(conn, case.id, now)
        await append(db, conn, drafts)


async def recall(
    db: Database, case_id: str, debt_ids: Sequence[str] = (), *, by: str, now: datetime
) -> bool:
    """Give debts back, all where none is named; False if none was open. Raises NoSuchCase."""
    table = tables.debts
    async with db.write() as conn:
        case = await hold_case(conn, case_id)
        found = await conn.execute(
            select(table.c.id).where(table.c.case_id == case_id, table.c.status == "open")
        )
        meant = [ident for ident in found.scalars() if not debt_ids or ident in debt_ids]
        if not meant:
            return False
        await balances.recall(conn, case_id, meant, now)
        drafts: list[Draft] = []
        for stored in await plans.of_case(conn, case_id):
            if stored.debt_id in meant and stored.state in IN_FORCE:
                drafts += await plans.end(conn, case, stored, now)
        facts = {"debts": meant, "by": by}
        news = News(kind="debt.recalled", subject=meant[0], facts=facts, at=now)
        drafts.append(await case_events.tell(conn, case, news))
        drafts += await balances.settle_case(conn, case, case.id, now)
        await case_events.replan(conn, case.id, now)
        await append(db, conn, drafts)
    return True
