"""Instalment plans as rows and as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.plan import Instalment, Plan, PlanTerms
from dialer.model.plan_progress import DefaultRule, PlanState
from dialer.store.casework_tables import plan_instalments, plans

_TERMS = TypeAdapter(PlanTerms)
_RULE = TypeAdapter(DefaultRule)


class StoredState(StrEnum):
    """Where a plan stands in the store: before it is agreed, as it goes, and how it ended."""

    REQUESTED = "requested"  # beyond what the agent may agree to; nobody offers it
    REFUSED = "refused"  # by whom it was asked of
    PROPOSED = "proposed"
    AGREED = "agreed"  # and its terms are met
    BEHIND = "behind"
    DEFAULTED = "defaulted"
    COMPLETED = "completed"
    RENEGOTIATED = "renegotiated"
    WITHDRAWN = "withdrawn"


IN_FORCE = (StoredState.AGREED, StoredState.BEHIND)
FOLLOWED = (*IN_FORCE, StoredState.COMPLETED)
"""What payments may change; a completed plan runs again when a payment is taken back."""

OF_PROGRESS = {
    PlanState.ACTIVE: StoredState.AGREED,
    PlanState.BEHIND: StoredState.BEHIND,
    PlanState.DEFAULTED: StoredState.DEFAULTED,
    PlanState.COMPLETED: StoredState.COMPLETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan in the store. `agreement` is the text that is accepted as a whole, `how` the way.

    `reason` is why an approval was asked for, `decision` why it was given or not.
    """

    id: str
    case_id: str
    consumer_id: str
    debt_id: str
    state: StoredState
    plan: Plan
    rule: DefaultRule
    approval: str
    agreement: str
    agreement_sha256: str
    replaces: str | None
    hold_id: str | None
    by: str | None
    proposed_at: datetime
    agreed_at: datetime | None
    ended_at: datetime | None
    how: str | None = None
    reason: str | None = None
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


async def find(conn: AsyncConnection, where: ColumnElement[bool]) -> list[StoredPlan]:
    """The plans that fit, oldest first."""
    query = select(plans).where(where).order_by(plans.c.proposed_at, plans.c.id)
    rows = (await conn.execute(query)).all()
    schedules: dict[str, list[Instalment]] = defaultdict(list)
    parts = plan_instalments
    for row in await conn.execute(
        select(parts)
        .where(parts.c.plan_id.in_([row.id for row in rows]))
        .order_by(parts.c.plan_id, parts.c.due_on, parts.c.number)
    ):
        schedules[row.plan_id].append(instalment_from(row))
    return [plan_from(row, schedules[row.id]) for row in rows]


async def keep(conn: AsyncConnection, new: StoredPlan) -> None:
    """Write a new plan with its schedule."""
    await conn.execute(
        insert(plans),
        {
            "id": new.id,
            "case_id": new.case_id,
            "consumer_id": new.consumer_id,
            "debt_id": new.debt_id,
            "state": new.state,
            "terms": _TERMS.dump_python(new.plan.terms, mode="json"),
            "rule": _RULE.dump_python(new.rule, mode="json"),
            "begun_on": new.plan.begun_on,
            "renegotiations": new.plan.renegotiations,
            "approval": new.approval,
            "agreement": new.agreement,
            "agreement_sha256": new.agreement_sha256,
            "replaces": new.replaces,
            "by": new.by,
            "proposed_at": new.proposed_at,
            "reason": new.reason,
        },
    )
    await conn.execute(
        insert(plan_instalments),
        [
            {
                "plan_id": new.id,
                "number": part.number,
                "due_on": part.due_on,
                "amount_minor": part.amount_minor,
            }
            for part in new.plan.schedule
        ],
    )


def instalment_from(row: Row[Any]) -> Instalment:
    """An instalment from its row."""
    return Instalment(number=row.number, due_on=row.due_on, amount_minor=row.amount_minor)


def plan_from(row: Row[Any], schedule: Sequence[Instalment]) -> StoredPlan:
    """A plan from its row; the schedule is in order."""
    return StoredPlan(
        id=row.id,
        case_id=row.case_id,
        consumer_id=row.consumer_id,
        debt_id=row.debt_id,
        state=StoredState(row.state),
        plan=Plan(
            terms=_TERMS.validate_python(row.terms),
            schedule=tuple(schedule),
            begun_on=row.begun_on,
            renegotiations=row.renegotiations,
        ),
        rule=_RULE.validate_python(row.rule),
        approval=row.approval,
        agreement=row.agreement,
        agreement_sha256=row.agreement_sha256,
        replaces=row.replaces,
        hold_id=row.hold_id,
        by=row.by,
        proposed_at=row.proposed_at,
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
        how=row.evidence["how"] if row.evidence else None,
        reason=row.reason,
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
