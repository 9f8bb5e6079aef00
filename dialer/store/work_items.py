"""What waits for one of our own people: each item stays on their list until they tick it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables
from dialer.store.case_rows import CaseRow
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.work_tables import work_items


class Kind(StrEnum):
    """Why something is on the list."""

    PLAN_APPROVED = "plan_approved"
    PLAN_REFUSED = "plan_refused"
    LEGAL_REMINDER = "legal_reminder"
    LIMITATION = "limitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """Something for an account. `subject` names it: one person is told of it once."""

    account: str
    kind: Kind
    subject: str
    due_on: date | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it stands on the list."""

    id: str
    kind: Kind
    case_id: str
    case_ref: str
    due_on: date | None
    text: str | None
    created_at: datetime


async def put(conn: AsyncConnection, case: CaseRow, new: NewItem, now: datetime) -> bool:
    """Put it on the list within the caller's transaction, which holds the case; False = known."""
    table = work_items
    same = and_(
        table.c.account == new.account,
        table.c.kind == new.kind,
        table.c.subject == new.subject,
    )
    if (await conn.execute(select(table.c.id).where(same))).first() is not None:
        return False
    await conn.execute(
        insert(table),
        {
            "id": new_id("item"),
            "account": new.account,
            "kind": new.kind,
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "subject": new.subject,
            "due_on": new.due_on,
            "text": new.text,
            "created_at": now,
        },
    )
    return True


async def of_account(conn: AsyncConnection, account: str) -> Sequence[Item]:
    """What is open on somebody's list, oldest first."""
    table, cases = work_items, tables.cases
    query = (
        select(table, cases.c.case_ref)
        .join(cases, cases.c.id == table.c.case_id)
        .where(table.c.account == account, table.c.done_at.is_(None))
        .order_by(table.c.created_at, table.c.id)
    )
    return [_item(row) for row in await conn.execute(query)]


async def count(conn: AsyncConnection, account: str) -> int:
    """How many are open on somebody's list."""
    table = work_items
    query = select(func.count()).where(table.c.account == account, table.c.done_at.is_(None))
    return int((await conn.execute(query)).scalar_one())


async def tick_off(db: Database, item_id: str, *, account: str, now: datetime) -> bool:
    """Take it off one's own list; False where it is not on it."""
    table = work_items
    async with db.write() as conn:
        done = await conn.execute(
            update(table)
            .where(table.c.id == item_id, table.c.account == account, table.c.done_at.is_(None))
            .values(done_at=now)
        )
    return done.rowcount > 0


def _item(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        kind=Kind(row.kind),
        case_id=row.case_id,
        case_ref=row.case_ref,
        due_on=row.due_on,
        text=row.text,
        created_at=row.created_at,
    )
