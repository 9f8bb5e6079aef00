"""Complaints: taken in at once, decided by a supervisor with a reason and a root cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.complaint import Category, Complaint, ComplaintState, RootCause
from dialer.store import case_events
from dialer.store.case_events import News
from dialer.store.case_rows import hold_case
from dialer.store.casework_tables import complaints
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import append


class AlreadyDecided(ValueError):
    """A complaint is decided once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComplaint:
    """A complaint as it came in; `about` is the agent whom it concerns."""

    case_id: str
    category: Category
    statement: str
    by: str
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A supervisor's decision with its reason."""

    upheld: bool
    reason: str
    root_cause: RootCause
    by: str


async def file(db: Database, new: NewComplaint, *, days: int, now: datetime) -> Complaint:
    """Take a complaint in; it is to be decided within `days`. Raises NoSuchCase."""
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        row = {
            "id": new_id("complaint"),
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "category": new.category,
            "state": ComplaintState.OPEN,
            "statement": new.statement,
            "about": new.about,
            "received_at": now,
            "due_on": case.today(now) + timedelta(days=days),
            "by": new.by,
        }
        await conn.execute(insert(complaints), row)
        facts = {"category": new.category, "about": new.about, "by": new.by}
        news = News(kind="complaint.received", subject=str(row["id"]), facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, str(row["id"]))


async def review(db: Database, complaint_id: str, decision: Review, *, now: datetime) -> Complaint:
    """Decide a complaint. Raises LookupError, AlreadyDecided, ValueError without a reason."""
    if not decision.reason.strip():
        raise ValueError("a decision on a complaint needs its reason")
    async with db.write() as conn:
        case = await hold_case(conn, (await find(conn, complaint_id)).case_id)
        state = ComplaintState.UPHELD if decision.upheld else ComplaintState.REJECTED
        decided = await conn.execute(
            update(complaints)
            .where(complaints.c.id == complaint_id, complaints.c.state == ComplaintState.OPEN)
            .values(
                state=state,
                review=decision.reason.strip(),
                root_cause=decision.root_cause,
                reviewed_by=decision.by,
                reviewed_at=now,
            )
        )
        if decided.rowcount == 0:
            raise AlreadyDecided(f"complaint {complaint_id} is decided")
        facts = {"root_cause": decision.root_cause, "by": decision.by}
        news = News(kind=f"complaint.{state}", subject=complaint_id, facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, complaint_id)


async def find(conn: AsyncConnection, complaint_id: str) -> Complaint:
    """The complaint. Raises LookupError."""
    query = select(complaints).where(complaints.c.id == complaint_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no complaint {complaint_id}")
    return complaint_from(row)


async def open_until(conn: AsyncConnection, day: date) -> list[Complaint]:
    """The open complaints that are due by the end of `day`, the most urgent first."""
    query = select(complaints).where(
        complaints.c.state == ComplaintState.OPEN, complaints.c.due_on <= day
    )
    rows = await conn.execute(query.order_by(complaints.c.due_on, complaints.c.id))
    return [complaint_from(row) for row in rows]


def complaint_from(row: Row[Any]) -> Complaint:
    """A complaint from its row."""
    return Complaint(
        id=row.id,
        case_id=row.case_id,
        consumer_id=row.consumer_id,
        category=Category(row.category),
        state=ComplaintState(row.state),
        statement=row.statement,
        about=row.about,
        received_at=row.received_at,
        due_on=row.due_on,
        by=row.by,
        review=row.review,
        root_cause=RootCause(row.root_cause) if row.root_cause else None,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )
