"""Everything of one case on one page, from one state of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.outcomes import Counts, classes
from dialer.casework.affordability import Affordability, AllowanceTable
from dialer.casework.allocation import Part
from dialer.casework.willingness import Signal
from dialer.model.circumstance import Circumstance
from dialer.model.complaint import Complaint
from dialer.model.debt import bucket, days_past_due_at
from dialer.model.dispute import Deadline, Dispute
from dialer.model.plan_progress import Progress
from dialer.reports.person_history import Happening, person_history
from dialer.store import (
    balances,
    circumstances,
    complaints,
    disputes,
    documents,
    notes,
    plan_course,
    plans,
    promises,
    tables,
)
from dialer.store.case_rows import CaseRow, NoSuchCase, read_case
from dialer.store.casework_tables import payments
from dialer.store.documents import Filed
from dialer.store.fact_values import debt_from
from dialer.store.notes import Note, NoteKind
from dialer.store.plan_rows import IN_FORCE, StoredPlan
from dialer.store.promises import Promised

RECENT = 50
"""So much of the history and of the notes is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtLine:
    """A debt with its parts; `itemised` is False where the parts are not known."""

    id: str
    debt_ref: str
    creditor: str | None
    product: str | None
    currency: str | None
    balance_minor: int | None
    parts: dict[str, int]
    itemised: bool
    as_of: datetime
    due_date: date | None
    days_past_due: int | None
    bucket: str | None
    status: str
    paid_minor: int  # since it is with us


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A number or address, and how well it serves."""

    id: str
    kind: str
    value: str
    type: str | None
    valid: bool
    wrong_since: datetime | None
    attempts: int
    reached: int  # attempts on which somebody was spoken to
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    id: str
    payment_ref: str
    amount_minor: int
    currency: str
    received_on: date
    unallocated_minor: int
    reversed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    stored: StoredPlan
    progress: Progress | None  # of a plan in force


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    dispute: Dispute
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as a collector sees it. `hand_over` is the latest one.

    Before the consumer's identity is checked nothing that tells of a debt is in it; then
    `debt_shown` is False.
    """

    id: str
    case_ref: str
    status: str
    creditor: str | None
    consumer_id: str
    full_name: str
    language: str | None
    country: str | None
    region: str | None
    city: str | None
    zones: tuple[str, ...]
    today: date
    debts: tuple[DebtLine, ...]
    points: tuple[PointLine, ...]
    history: tuple[Happening, ...]
    payments: tuple[PaymentLine, ...]
    promises: tuple[Promised, ...]
    plans: tuple[PlanLine, ...]
    disputes: tuple[DisputeLine, ...]
    complaints: tuple[Complaint, ...]
    documents: tuple[Filed, ...]
    notes: tuple[Note, ...]
    hand_over: Note | None
    circumstances: tuple[Circumstance, ...]
    ability: Affordability | None
    signals: tuple[Signal, ...]
    debt_shown: bool = True


def before_identity(view: CaseView) -> CaseView:
    """The same without what tells of a debt: who may be asked for, where, and when."""
    return replace(
        view,
        creditor=None,
        debts=(),
        history=(),
        payments=(),
        promises=(),
        plans=(),
        disputes=(),
        complaints=(),
        documents=(),
        notes=(),
        hand_over=None,
        circumstances=(),
        ability=None,
        signals=(),
        debt_shown=False,
    )


async def case_view(
    conn: AsyncConnection,
    case_id: str,
    *,
    now: datetime,
    sensitive: bool,
    allowance: AllowanceTable | None,
) -> CaseView | None:
    """The case; None if there is none. `sensitive` shows facts that need a purpose."""
    try:
        case = await read_case(conn, case_id)
    except NoSuchCase:
        return None
    person = await person_history(conn, case.consumer_id)
    assert person is not None
    facts = await circumstances.of_consumer(conn, case.consumer_id, sensitive=True)
    shown = await circumstances.of_consumer(conn, case.consumer_id, sensitive=sensitive)
    written = await notes.of_case(conn, case_id, limit=RECENT)
    return CaseView(
        id=case.id,
        case_ref=case.case_ref,
        status=case.status,
        creditor=case.creditor,
        consumer_id=case.consumer_id,
        full_name=person.full_name,
        language=person.language,
        country=person.country,
        region=person.region,
        city=person.city,
        zones=case.zones,
        today=case.today(now),
        debts=await _debts(conn, case, now),
        points=await _points(conn, case.consumer_id),
        history=person.happenings[:RECENT],
        payments=await _payments(conn, case_id),
        promises=tuple(await promises.of_case(conn, case_id)),
        plans=await _plans(conn, case, now),
        disputes=await _disputes(conn, case_id),
        complaints=tuple(await complaints.of_case(conn, case_id)),
        documents=tuple(await documents.of_case(conn, case_id)),
        notes=tuple(written),
        hand_over=next((note for note in written if note.kind is NoteKind.HAND_OVER), None),
        circumstances=tuple(shown),
        ability=circumstances.ability(facts, allowance) if allowance else None,
        signals=await circumstances.signals(conn, case_id, now),
    )


async def _debts(conn: AsyncConnection, case: CaseRow, now: datetime) -> tuple[DebtLine, ...]:
    table = tables.debts
    query = select(table).where(table.c.case_id == case.id)
    rows = (await conn.execute(query.order_by(table.c.position, table.c.debt_ref))).all()
    parts = await balances.parts_of(conn, [row.id for row in rows])
    paid = await balances.paid_on(conn, [row.id for row in rows])
    return tuple(_debt(row, parts.get(row.id, {}), paid.get(row.id, 0), now) for row in rows)


def _debt(row: Any, parts: dict[Part, int], paid: int, now: datetime) -> DebtLine:
    days = days_past_due_at(debt_from(row), now) if row.status == "open" else None
    return DebtLine(
        id=row.id,
        debt_ref=row.debt_ref,
        creditor=row.creditor,
        product=row.product,
        currency=row.currency,
        balance_minor=row.balance_minor,
        parts={str(part): owed for part, owed in parts.items()},
        itemised=bool(parts) and sum(parts.values()) == row.balance_minor,
        as_of=row.as_of,
        due_date=row.due_date,
        days_past_due=days,
        bucket=bucket(days),
        status=row.status,
        paid_minor=paid,
    )


async def _points(conn: AsyncConnection, consumer_id: str) -> tuple[PointLine, ...]:
    links, points, tries = (
        tables.consumer_contact_points,
        tables.contact_points,
        tables.attempts,
    )
    spoken = [word for word in await _outcomes(conn, consumer_id) if _spoken(word)]
    reached = func.sum(sql_case((tries.c.outcome.in_(spoken), 1), else_=0))
    used = (
        select(
            tries.c.contact_point_id,
            func.count().label("attempts"),
            reached.label("reached"),
            func.max(tries.c.reserved_at).label("last_at"),
        )
        .where(tries.c.consumer_id == consumer_id)
        .group_by(tries.c.contact_point_id)
        .subquery()
    )
    rows = await conn.execute(
        select(
            links, points.c.kind, points.c.value, used.c.attempts, used.c.reached, used.c.last_at
        )
        .join(points, points.c.id == links.c.contact_point_id)
        .outerjoin(used, used.c.contact_point_id == links.c.contact_point_id)
        .where(links.c.consumer_id == consumer_id)
        .order_by(links.c.position, points.c.id)
    )
    return tuple(
        PointLine(
            id=row.contact_point_id,
            kind=row.kind,
            value=row.value,
            type=row.type,
            valid=row.valid,
            wrong_since=row.wrong_since,
            attempts=row.attempts or 0,
            reached=int(row.reached or 0),
            last_at=row.last_at,
        )
        for row in rows
    )


async def _outcomes(conn: AsyncConnection, consumer_id: str) -> Sequence[str]:
    table = tables.attempts
    query = select(table.c.outcome).where(table.c.consumer_id == consumer_id).distinct()
    return (await conn.execute(query)).scalars().all()


def _spoken(outcome: str) -> bool:
    return bool(classes(outcome) & Counts.EFFECTIVE_CONVERSATION)


async def _payments(conn: AsyncConnection, case_id: str) -> tuple[PaymentLine, ...]:
    query = select(payments).where(payments.c.case_id == case_id)
    rows = await conn.execute(query.order_by(payments.c.received_on.desc(), payments.c.id))
    return tuple(
        PaymentLine(
            id=row.id,
            payment_ref=row.payment_ref,
            amount_minor=row.amount_minor,
            currency=row.currency,
            received_on=row.received_on,
            unallocated_minor=row.unallocated_minor,
            reversed_on=row.reversed_on,
        )
        for row in rows
    )


async def _plans(conn: AsyncConnection, case: CaseRow, now: datetime) -> tuple[PlanLine, ...]:
    lines = []
    for stored in await plans.of_case(conn, case.id):
        running = stored.state in IN_FORCE
        progress = await plan_course.progress_of(conn, stored, case, now) if running else None
        lines.append(PlanLine(stored=stored, progress=progress))
    return tuple(lines)


async def _disputes(conn: AsyncConnection, case_id: str) -> tuple[DisputeLine, ...]:
    return tuple(
        [
            DisputeLine(
                dispute=dispute,
                deadlines=tuple(await disputes.deadlines_of(conn, dispute.dispute_id)),
            )
            for dispute in await disputes.of_case(conn, case_id)
        ]
    )
