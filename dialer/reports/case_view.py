"""Everything of one case on one page, from one state of the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.outcomes import Counts, classes
from dialer.casework.affordability import Affordability, AllowanceTable
from dialer.casework.allocation import Part
from dialer.casework.willingness import Signal, willingness
from dialer.model.circumstance import Circumstance
from dialer.model.complaint import Complaint
from dialer.model.debt import bucket, days_past_due_at
from dialer.model.dispute import Deadline, Dispute
from dialer.model.plan_progress import Progress, progress
from dialer.model.promise import PromiseState
from dialer.reports import case_facts
from dialer.reports.case_facts import RECENT, Rows
from dialer.reports.happenings import SOURCES, Happening, newest_first
from dialer.store import balances, circumstances, payment_rows
from dialer.store.case_rows import earliest_day
from dialer.store.circumstances import circumstance_from
from dialer.store.complaints import complaint_from
from dialer.store.dispute_rows import deadline_from, dispute_from, step_from
from dialer.store.documents import Filed, filed_from
from dialer.store.fact_values import debt_from
from dialer.store.notes import Note, NoteKind, note_from
from dialer.store.plan_rows import IN_FORCE, StoredPlan, instalment_from, plan_from
from dialer.store.promises import Promised, promised_from


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
    rows = await case_facts.read(conn, case_id)
    if not rows["cases"]:
        return None
    (case,) = rows["cases"]
    today = earliest_day({row.tz for row in rows["zones"]}, now)
    facts = [circumstance_from(row) for row in _sorted(rows["circumstances"], "recorded_at", "id")]
    written = tuple(note_from(row) for row in _newest(rows["notes"], "at"))
    happened = (source.happening(row) for source in SOURCES for row in rows[source.sort])
    return CaseView(
        id=case.id,
        case_ref=case.case_ref,
        status=case.status,
        creditor=case.creditor,
        consumer_id=case.consumer_id,
        full_name=case.full_name,
        language=case.language,
        country=case.country,
        region=case.region,
        city=case.city,
        zones=tuple(sorted({row.tz for row in rows["zones"]})),
        today=today,
        debts=_debts(rows, now),
        points=_points(rows),
        history=newest_first(happened)[:RECENT],
        payments=tuple(_payment(row) for row in _newest(rows["payments"], "received_on")),
        promises=tuple(
            promised_from(row)
            for row in _sorted(rows["promises"], "created_at", "id")
            if row.made_on is not None
        ),
        plans=_plans(rows, today),
        disputes=_disputes(rows),
        complaints=tuple(
            complaint_from(row) for row in _sorted(rows["complaints"], "received_at", "id")
        ),
        documents=tuple(filed_from(row) for row in _sorted(rows["documents"], "added_at", "id")),
        notes=written,
        hand_over=next((note for note in written if note.kind is NoteKind.HAND_OVER), None),
        circumstances=tuple(circumstances.shown(facts, sensitive=sensitive)),
        ability=circumstances.ability(facts, allowance) if allowance else None,
        signals=_signals(rows, case.id, today),
    )


def _sorted(rows: Sequence[Any], *names: str) -> list[Any]:
    return sorted(rows, key=attrgetter(*names))


def _newest(rows: Sequence[Any], at: str) -> list[Any]:
    """Newest first, those of one instant in the order of their ids."""
    return sorted(_sorted(rows, "id"), key=attrgetter(at), reverse=True)


def _by(name: str, rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped


def _debts(rows: Rows, now: datetime) -> tuple[DebtLine, ...]:
    parts = balances.parts_from(rows["parts"])
    stayed = {row.id for row in rows["payments"] if row.reversed_on is None}
    paid: dict[str, int] = defaultdict(int)
    for line in rows["lines"]:
        if line.payment_id in stayed:
            paid[line.debt_id] += line.amount_minor
    return tuple(
        _debt(row, parts.get(row.id, {}), paid[row.id], now)
        for row in _sorted(rows["debts"], "position", "debt_ref")
    )


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


def _points(rows: Rows) -> tuple[PointLine, ...]:
    tries = _by("contact_point_id", rows["tries"])
    return tuple(
        PointLine(
            id=row.contact_point_id,
            kind=row.kind,
            value=row.value,
            type=row.type,
            valid=row.valid,
            wrong_since=row.wrong_since,
            attempts=sum(some.n for some in tries[row.contact_point_id]),
            reached=sum(some.n for some in tries[row.contact_point_id] if _spoken(some.outcome)),
            last_at=max((some.last_at for some in tries[row.contact_point_id]), default=None),
        )
        for row in _sorted(rows["points"], "position", "contact_point_id")
    )


def _spoken(outcome: str) -> bool:
    return bool(classes(outcome) & Counts.EFFECTIVE_CONVERSATION)


def _payment(row: Any) -> PaymentLine:
    return PaymentLine(
        id=row.id,
        payment_ref=row.payment_ref,
        amount_minor=row.amount_minor,
        currency=row.currency,
        received_on=row.received_on,
        unallocated_minor=row.unallocated_minor,
        reversed_on=row.reversed_on,
    )


def _plans(rows: Rows, today: date) -> tuple[PlanLine, ...]:
    schedules = _by("plan_id", _sorted(rows["instalments"], "due_on", "number"))
    found = []
    for row in _sorted(rows["plans"], "proposed_at", "id"):
        stored = plan_from(row, [instalment_from(part) for part in schedules[row.id]])
        running = stored.state in IN_FORCE
        paid = payment_rows.on_debt(rows["payments"], rows["lines"], stored.debt_id)
        course = progress(stored.plan, paid, today, stored.rule) if running else None
        found.append(PlanLine(stored=stored, progress=course))
    return tuple(found)


def _disputes(rows: Rows) -> tuple[DisputeLine, ...]:
    steps = _by("dispute_id", _sorted(rows["steps"], "number"))
    deadlines = _by("dispute_id", _sorted(rows["deadlines"], "due_on", "rule_id"))
    return tuple(
        DisputeLine(
            dispute=dispute_from(row, [step_from(step) for step in steps[row.id]]),
            deadlines=tuple(deadline_from(deadline) for deadline in deadlines[row.id]),
        )
        for row in _sorted(rows["disputes"], "received_at", "id")
    )


def _signals(rows: Rows, case_id: str, today: date) -> tuple[Signal, ...]:
    """Signs of the will to pay, from the case's own history."""
    ours = [some for some in rows["tries"] if some.case_id == case_id]
    return willingness(
        promises=[PromiseState(row.state) for row in rows["promises"]],
        payments=payment_rows.on_case(rows["payments"]),
        conversations=sum(some.n for some in ours if some.outcome in circumstances.TALKS),
        own_calls=rows["own"][0].n,
        refusals=sum(some.n for some in ours if some.outcome == "conversation_refused"),
        today=today,
    )
