"""Instalment plans: proposed within limits and authority, accepted with evidence, renegotiated.

A proposal changes nothing. When the consumer accepts its text, the case's strategy rests and a
stop mark keeps ordinary dunning away while the terms are met (`plan_course`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import canonical
from dialer.casework.agreement import Parties, agreement, digest
from dialer.casework.allocation import DebtBalance
from dialer.casework.authority import exceeded, least_level, may_discount
from dialer.casework.terms import CaseTerms
from dialer.model.plan import Frequency, Plan, PlanRefused, PlanTerms, Waiver, make_plan
from dialer.model.plan_progress import Settlement, renegotiate, settle_early
from dialer.store import balances, case_events, payment_rows, plan_course, plan_rows, tables
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case, read_case
from dialer.store.casework_tables import plans
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.plan_rows import IN_FORCE, StoredPlan, StoredState

NOTHING = Waiver()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The plan that is asked for, and who asks. `level` is that person's in the authority table.

    `replaces` is the plan in force that it renegotiates. `reason` asks for an approval where the
    plan is beyond that level.
    """

    case_id: str
    debt_id: str
    instalments: int
    first_due_on: date
    by: str
    level: str
    collector: str
    frequency: Frequency = Frequency.MONTHLY
    day_of_month: int | None = None
    front_payment_minor: int = 0
    waiver: Waiver = NOTHING
    replaces: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How the consumer accepted: by which way, and where the proof of it lies.

    `how` is link, call, letter or branch; `reference` an attempt, a document or a message.
    `agreement_sha256` is the digest of the text that was before them. Of a link also the
    browser's address and name for itself, and the digest of the token.
    """

    how: str
    reference: str | None
    agreement_sha256: str
    by: str
    address: str | None = None
    browser: str | None = None
    token_sha256: str | None = None


async def propose(
    db: Database, wish: Wish, terms: CaseTerms, *, now: datetime
) -> StoredPlan | PlanRefused:
    """A plan with its agreement text, or every reason against it. Raises NoSuchCase.

    A plan beyond the level that comes with a reason is kept as requested (`plan_requests`).
    """
    async with db.write() as conn:
        case = await hold_case(conn, wish.case_id)
        owed = {debt.debt_id: debt for debt in await balances.read(conn, case.id, now)}
        debt = owed.get(wish.debt_id)
        if debt is None:
            return PlanRefused(reasons=("the debt is not open, or its balance is not known",))
        plan = await _plan(conn, case, wish, (debt, terms), now)
        if isinstance(plan, PlanRefused):
            return plan
        reasons = exceeded(terms.level(wish.level), plan.terms, debt)
        able = least_level(terms.authority, plan.terms, debt)
        if reasons and (able is None or not wish.reason):
            told = f"a {able.level} may agree to it" if able else "nobody may agree to it"
            return PlanRefused(reasons=(*reasons, told))
        stored = await _stored(conn, case, wish, (plan, terms), now)
        if reasons and able is not None:
            stored = replace(
                stored, state=StoredState.REQUESTED, approval=able.level, reason=wish.reason
            )
        await plan_rows.keep(conn, stored)
        await append(db, conn, [await case_events.tell(conn, case, _proposed(stored))])
    return stored


async def accept(
    db: Database, plan_id: str, evidence: Evidence, *, now: datetime
) -> StoredPlan | PlanRefused:
    """The consumer accepts the text: the plan is in force. Raises LookupError."""
    async with db.write() as conn:
        case, stored = await _held(conn, plan_id)
        reasons = await _against(conn, case, stored, evidence, now)
        if reasons:
            return PlanRefused(reasons=reasons)
        drafts: list[Draft] = []
        if stored.replaces is not None:
            drafts += await _end_replaced(conn, case, stored, now)
        hold_id, draft = await plan_course.rest(conn, case, stored, now)
        await conn.execute(
            update(plans)
            .where(plans.c.id == plan_id)
            .values(
                state=StoredState.AGREED,
                agreed_at=now,
                evidence=asdict(evidence),
                hold_id=hold_id,
            )
        )
        news = News(
            kind="plan.agreed",
            subject=plan_id,
            facts={
                "how": evidence.how,
                "agreement_sha256": evidence.agreement_sha256,
                "evidence_sha256": sha256(canonical(asdict(evidence))).hexdigest(),
            },
            at=now,
            word="plan_agreed",
        )
        drafts += [draft, await case_events.tell(conn, case, news)]
        await append(db, conn, drafts)
        (agreed,) = await plan_rows.find(conn, plans.c.id == plan_id)
    return agreed


async def withdraw(db: Database, plan_id: str, *, by: str, now: datetime) -> bool:
    """End a proposal, or a plan at the consumer's wish; False if it had ended. LookupError.

    A plan that was in force counts as broken: the case goes back into its strategy.
    """
    async with db.write() as conn:
        case, stored = await _held(conn, plan_id)
        if stored.state not in (StoredState.REQUESTED, StoredState.PROPOSED, *IN_FORCE):
            return False
        drafts = await end(conn, case, stored, now)
        word = "plan_broken" if stored.state in IN_FORCE else None
        news = News(kind="plan.withdrawn", subject=plan_id, facts={"by": by}, at=now, word=word)
        await append(db, conn, [*drafts, await case_events.tell(conn, case, news)])
    return True


async def end(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, now: datetime
) -> list[Draft]:
    """End a plan within the caller's transaction: nothing of it binds any more."""
    await conn.execute(
        update(plans)
        .where(plans.c.id == stored.id)
        .values(state=StoredState.WITHDRAWN, ended_at=now)
    )
    return await plan_course.end_rest(conn, case, stored, now)


async def settlement(
    db: Database,
    plan_id: str,
    terms: CaseTerms,
    *,
    level: str,
    discount_minor: int,
    now: datetime,
) -> Settlement | PlanRefused:
    """What would end a plan at once today, within the level's authority. Raises LookupError."""
    async with db.read() as conn:
        stored = await find(conn, plan_id)
        case = await read_case(conn, stored.case_id)
        paid = await payment_rows.effective(conn, case.id, stored.debt_id)
    offer = settle_early(
        stored.plan,
        paid,
        case.today(now),
        valid_days=terms.settlement_days,
        discount_minor=discount_minor,
    )
    if isinstance(offer, PlanRefused):
        return offer
    remaining = offer.amount_minor + offer.discount_minor
    if not may_discount(terms.level(level), discount_minor, remaining):
        return PlanRefused(reasons=(f"a discount of {discount_minor} is beyond a {level}",))
    return offer


async def find(conn: AsyncConnection, plan_id: str) -> StoredPlan:
    """The plan. Raises LookupError."""
    found = await plan_rows.find(conn, plans.c.id == plan_id)
    if not found:
        raise LookupError(f"there is no plan {plan_id}")
    return found[0]


async def of_case(conn: AsyncConnection, case_id: str) -> list[StoredPlan]:
    """The plans of a case, oldest first."""
    return await plan_rows.find(conn, plans.c.case_id == case_id)


async def _held(conn: AsyncConnection, plan_id: str) -> tuple[CaseRow, StoredPlan]:
    case = await hold_case(conn, (await find(conn, plan_id)).case_id)
    return case, await find(conn, plan_id)


async def _plan(
    conn: AsyncConnection,
    case: CaseRow,
    wish: Wish,
    about: tuple[DebtBalance, CaseTerms],
    now: datetime,
) -> Plan | PlanRefused:
    debt, terms = about
    today = case.today(now)
    paid = await payment_rows.effective(conn, case.id, wish.debt_id)
    if wish.replaces is not None:
        old = await find(conn, wish.replaces)
        if old.case_id != case.id or old.debt_id != wish.debt_id:
            return PlanRefused(reasons=("the plan that it replaces is another debt's",))
        return renegotiate(
            old.plan,
            paid,
            today,
            instalments=wish.instalments,
            first_due_on=wish.first_due_on,
            limits=terms.plan,
            waiver=wish.waiver,
            front_payment_minor=wish.front_payment_minor,
            frequency=wish.frequency,
            waiver_lapses=terms.waiver_lapses,
        )
    asked = PlanTerms(
        debt_minor=debt.total_minor,
        currency=debt.currency,
        agreed_on=today,
        instalments=wish.instalments,
        first_due_on=wish.first_due_on,
        frequency=wish.frequency,
        day_of_month=wish.day_of_month,
        front_payment_minor=wish.front_payment_minor,
        waiver=wish.waiver,
        credited=frozenset(payment.payment_id for payment in paid),
    )
    return make_plan(asked, terms.plan)


async def _stored(
    conn: AsyncConnection, case: CaseRow, wish: Wish, made: tuple[Plan, CaseTerms], now: datetime
) -> StoredPlan:
    plan, terms = made
    people, debts = tables.consumers, tables.debts
    row = (
        await conn.execute(
            select(people.c.full_name, people.c.language, debts.c.debt_ref, debts.c.creditor)
            .join(debts, debts.c.id == wish.debt_id)
            .where(people.c.id == case.consumer_id)
        )
    ).one()
    parties = Parties(
        full_name=row.full_name,
        creditor=row.creditor or case.creditor or wish.collector,
        collector=wish.collector,
        debt_ref=row.debt_ref,
    )
    text = agreement(plan, parties, terms.agreement, row.language)
    return StoredPlan(
        id=new_id("plan"),
        case_id=case.id,
        consumer_id=case.consumer_id,
        debt_id=wish.debt_id,
        state=StoredState.PROPOSED,
        plan=plan,
        rule=terms.default,
        approval=wish.level,
        agreement=text,
        agreement_sha256=digest(text),
        replaces=wish.replaces,
        hold_id=None,
        by=wish.by,
        proposed_at=now,
        agreed_at=None,
        ended_at=None,
    )


async def _against(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, evidence: Evidence, now: datetime
) -> tuple[str, ...]:
    reasons = []
    if stored.state is not StoredState.PROPOSED:
        reasons.append(f"the plan is {stored.state}, not proposed")
    if evidence.agreement_sha256 != stored.agreement_sha256:
        reasons.append("the text that was accepted is not the plan's")
    last = next(part.due_on for part in stored.plan.schedule if part.number > 0)
    if case.today(now) > last:
        reasons.append(f"the offer ended on {last.isoformat()}")
    others = await plan_rows.find(
        conn, and_(plans.c.debt_id == stored.debt_id, plans.c.state.in_(IN_FORCE))
    )
    if any(other.id != stored.replaces for other in others):
        reasons.append("another plan is in force for the debt")
    return tuple(reasons)


async def _end_replaced(
    conn: AsyncConnection, case: CaseRow, stored: StoredPlan, now: datetime
) -> list[Draft]:
    """The old plan ends; what it let go stays let go, unless the new debt holds it again."""
    old = await find(conn, str(stored.replaces))
    drafts = await plan_course.end_rest(conn, case, old, now)
    waived = old.plan.terms.agreed_minor < old.plan.terms.debt_minor
    owed = {debt.debt_id: debt for debt in await balances.read(conn, case.id, now)}
    debt = owed.get(stored.debt_id)
    if waived and debt is not None and stored.plan.terms.debt_minor < debt.total_minor:
        await plan_course.let_go(conn, old, old.plan.terms.waiver, now)
    await conn.execute(
        update(plans)
        .where(plans.c.id == old.id)
        .values(state=StoredState.RENEGOTIATED, ended_at=now)
    )
    facts = {"replaced_by": stored.id}
    news = News(kind="plan.renegotiated", subject=old.id, facts=facts, at=now)
    return [*drafts, await case_events.tell(conn, case, news)]


def _proposed(stored: StoredPlan) -> News:
    terms = stored.plan.terms
    facts: Mapping[str, Any] = {
        "debt": stored.debt_id,
        "agreed_minor": terms.agreed_minor,
        "waived_minor": terms.waiver.total_minor,
        "currency": terms.currency,
        "instalments": terms.instalments,
        "approval": stored.approval,
        "agreement_sha256": stored.agreement_sha256,
        "by": stored.by,
    }
    kind = f"plan.{stored.state}"
    return News(kind=kind, subject=stored.id, facts=facts, at=stored.proposed_at)
