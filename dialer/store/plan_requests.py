"""Plans beyond what an agent may agree to: asked for with a reason, decided by somebody else.

Until it is approved nothing of such a plan goes to the consumer. Nobody decides on their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.authority import exceeded
from dialer.casework.terms import CaseTerms
from dialer.model.plan import PlanRefused
from dialer.store import balances, case_events, plan_rows, tables, work_items
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case
from dialer.store.casework_tables import plans
from dialer.store.database import Database
from dialer.store.ledger_writer import append
from dialer.store.plan_rows import StoredPlan, StoredState
from dialer.store.plans import find
from dialer.store.work_items import Kind, NewItem


class OwnRequest(ValueError):
    """Somebody would decide on what they asked for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided, why, by whom. `level` is that person's in the authority table."""

    approved: bool
    reason: str
    by: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A plan that waits for a decision."""

    plan: StoredPlan
    case_ref: str


async def waiting(conn: AsyncConnection) -> Sequence[PlanRequest]:
    """The plans that wait for a decision, oldest first."""
    stored = await plan_rows.find(conn, plans.c.state == StoredState.REQUESTED)
    cases = tables.cases
    named = await conn.execute(
        select(cases.c.id, cases.c.case_ref).where(cases.c.id.in_([p.case_id for p in stored]))
    )
    refs = {row.id: row.case_ref for row in named}
    return [PlanRequest(plan=plan, case_ref=refs[plan.case_id]) for plan in stored]


async def decide(
    db: Database, plan_id: str, verdict: Verdict, terms: CaseTerms, *, now: datetime
) -> StoredPlan | PlanRefused:
    """Approve the plan, so that it can be offered, or refuse it; who asked is told.

    Refusals are why it can't be approved today. Raises LookupError, OwnRequest.
    """
    async with db.write() as conn:
        case = await hold_case(conn, (await find(conn, plan_id)).case_id)
        stored = await find(conn, plan_id)
        if stored.state is not StoredState.REQUESTED:
            return PlanRefused(reasons=(f"the plan is {stored.state}, not requested",))
        if verdict.by == stored.by:
            raise OwnRequest("nobody decides on a plan that they asked for themselves")
        if verdict.approved:
            reasons = await _against(conn, case, stored, (verdict, terms), now)
            if reasons:
                return PlanRefused(reasons=reasons)
        await conn.execute(
            update(plans)
            .where(plans.c.id == plan_id)
            .values(
                state=StoredState.PROPOSED if verdict.approved else StoredState.REFUSED,
                approval=verdict.level,
                decision=verdict.reason,
                decided_by=verdict.by,
                decided_at=now,
                ended_at=None if verdict.approved else now,
            )
        )
        if stored.by is not None:
            item = NewItem(
                account=stored.by,
                kind=Kind.PLAN_APPROVED if verdict.approved else Kind.PLAN_REFUSED,
                subject=plan_id,
                text=verdict.reason,
            )
            await work_items.put(conn, case, item, now)
        kind = "plan.approved" if verdict.approved else "plan.refused"
        facts = {"approval": verdict.level, "by": verdict.by}
        news = News(kind=kind, subject=plan_id, facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, plan_id)


async def _against(
    conn: AsyncConnection,
    case: CaseRow,
    stored: StoredPlan,
    by: tuple[Verdict, CaseTerms],
    now: datetime,
) -> tuple[str, ...]:
    """Why it can't be approved: the level, or what has changed since it was asked for."""
    verdict, terms = by
    asked = stored.plan.terms
    owed = {debt.debt_id: debt for debt in await balances.read(conn, case.id, now)}
    debt = owed.get(stored.debt_id)
    if debt is None:
        return ("the debt is not open, or its balance is not known",)
    reasons = list(exceeded(terms.level(verdict.level), asked, debt))
    if asked.first_due_on < case.today(now):
        reasons.append("the day of the first payment is past")
    return tuple(reasons)
