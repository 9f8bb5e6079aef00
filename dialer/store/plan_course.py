"""How agreed plans go on: kept or not, by what was paid; ordinary dunning rests while they are.

The stop mark PLAN_IN_FORCE stands in the gate exactly while the terms are met.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Hold, HoldKind
from dialer.casework.allocation import Line, Part
from dialer.model.plan import Waiver
from dialer.model.plan_progress import Progress, progress
from dialer.store import balances, case_events, holds, payment_rows, plan_rows
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case
from dialer.store.casework_tables import plan_instalments, plans
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append
from dialer.store.plan_rows import FOLLOWED, IN_FORCE, OF_PROGRESS, StoredPlan, StoredState

SOURCE = "plan"


async def due_for_assessment(
    conn: AsyncConnection, now: datetime, *, after: str = "", limit: int
) -> list[str]:
    """Cases, from the one after `after`, with a plan in force whose first day is past."""
    parts = plan_instalments
    found = await conn.execute(
        select(plans.c.case_id)
        .join(parts, parts.c.plan_id == plans.c.id)
        .where(plans.c.state.in_(IN_FORCE), parts.c.due_on < now.date(), plans.c.case_id > after)
        .distinct()
        .order_by(plans.c.case_id)
        .limit(limit)
    )
    return list(found.scalars())


async def assess_case(db: Database, case_id: str, *, now: datetime) -> int:
    """Hold the plans of a case against the payments known now; how many things changed."""
    async with db.write() as conn:
        case = await hold_case(conn, case_id)
        drafts = await reassess(conn, case, now)
        drafts += await balances.settle_case(conn, case, case.id, now)
        await append(db, conn, drafts)
    return len(drafts)


async def reassess(conn: AsyncConnection, case: CaseRow, now: datetime) -> list[Draft]:
    """The same within the caller's transaction; what the ledger is to say."""
    drafts: list[Draft] = []
    where = and_(plans.c.case_id == case.id, plans.c.state.in_(FOLLOWED))
    for stored in await plan_rows.find(conn, where):
        drafts += await _reassess_one(conn, case, stored, now)
    return drafts


async def progress_of(
    conn: AsyncConnection, stored: StoredPlan, case: CaseRow, now: datetime
) -> Progress:
    """How a plan stands after the payments known now."""
    paid = await payment_rows.effective(conn, stored.case_id, stored.debt_id)
    return progress(stored.plan, paid, case.today(now), stored.rule)


async def debt_in_plan(conn: AsyncConnection, case_id: str) -> str | None:
    """The one debt of the case that is paid by a plan in force: an undirected payment is for it."""
    found = await conn.execute(
        select(plans.c.debt_id)
        .where(plans.c.case_id == case_id, plans.c.state.in_(IN_FORCE))
        .distinct()
    )
    debts = list(found.scalars())
    return debts[0] if len(debts) == 1 else None


async def rest(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, now: datetime
) -> tuple[str, Draft]:
    """Put the stop mark of a plan whose terms are met."""
    hold = Hold(kind=HoldKind.PLAN_IN_FORCE, received_at=now, debts=(stored.debt_id,))
    return await holds.put(conn, case.consumer_id, hold, source=SOURCE, now=now)


async def end_rest(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, now: datetime
) -> list[Draft]:
    """Lift the stop mark of a plan, if it stands."""
    if stored.hold_id is None:
        return []
    draft = await holds.lift(conn, case.consumer_id, stored.hold_id, at=now, source=SOURCE)
    return [draft] if draft else []


async def let_go(
    conn: AsyncConnection, stored: StoredPlan, waiver: Waiver, now: datetime, *, sign: int = 1
) -> None:
    """Write the waived amounts off the debt; with `sign` -1 put them back."""
    parts = ((Part.INTEREST, waiver.interest_minor), (Part.FEES, waiver.fees_minor))
    lines = [
        Line(debt_id=stored.debt_id, part=part, amount_minor=sign * amount)
        for part, amount in parts
        if amount
    ]
    await balances.deduct(conn, lines, now)


async def _reassess_one(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, now: datetime
) -> list[Draft]:
    after = await progress_of(conn, stored, case, now)
    state = OF_PROGRESS[after.state]
    if state is stored.state:
        return []
    drafts: list[Draft] = []
    hold_id = stored.hold_id
    if after.ordinary_dunning_rests:
        hold_id, draft = await rest(conn, case, stored, now)
        drafts.append(draft)
    else:
        drafts += await end_rest(conn, case, stored, now)
    if StoredState.COMPLETED in (state, stored.state):
        sign = 1 if state is StoredState.COMPLETED else -1
        await let_go(conn, stored, stored.plan.terms.waiver, now, sign=sign)
    ended = now if state not in IN_FORCE else None
    await conn.execute(
        update(plans)
        .where(plans.c.id == stored.id)
        .values(state=state, hold_id=hold_id, ended_at=ended)
    )
    news = News(
        kind=f"plan.{state}",
        subject=stored.id,
        facts={
            "paid_minor": after.paid_minor,
            "remaining_minor": after.remaining_minor,
            "missed": [part.number for part in after.missed],
        },
        at=now,
        word=await _word(conn, case, stored, state, now),
    )
    return [*drafts, await case_events.tell(conn, case, news)]


async def _word(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, state: StoredState, now: datetime
) -> str | None:
    """What the strategy hears: a broken plan wakes it, a completed one no longer rests it."""
    if state is StoredState.COMPLETED:
        await case_events.annul(conn, case.id, stored.id, "plan_agreed", now)
        return None
    if state is StoredState.DEFAULTED:
        return "plan_broken"
    return "plan_agreed" if stored.state is StoredState.COMPLETED else None
