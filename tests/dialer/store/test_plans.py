"""Plans: offered within authority, accepted by their text, kept, broken, renegotiated, ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compliance.permit import Permit, Refusal
from dialer.casework.allocation import Part
from dialer.model.case import CaseStatus
from dialer.model.plan import PlanRefused, Waiver
from dialer.model.plan_progress import Settlement
from dialer.store import payments, plan_course, plans
from dialer.store.database import Database
from dialer.store.payments import Reversed
from dialer.store.plan_rows import StoredPlan, StoredState
from dialer.store.plans import NOTHING, Evidence, Wish
from scheduler.clock import ManualClock
from tests.dialer.store.owing import (
    TUESDAY,
    US,
    ask_gate,
    case,
    in_ledger,
    owe,
    owe_more,
    pay,
    told,
    words,
)
from tests.dialer.store.people import Somebody, add_somebody

PARTS = {Part.PRINCIPAL: 96_000, Part.INTEREST: 20_000, Part.FEES: 4_000}
FIRST = date(2026, 12, 15)


def wish(one: Somebody, **more: object) -> Wish:
    asked: dict[str, object] = {
        "case_id": one.case,
        "debt_id": one.debt,
        "instalments": 12,
        "first_due_on": FIRST,
        "by": "agent-1",
        "level": "agent",
        "collector": "Fernwood",
    }
    return Wish(**(asked | more))  # type: ignore[arg-type]


async def propose(db: Database, one: Somebody, **more: object) -> StoredPlan:
    made = await plans.propose(db, wish(one, **more), US, now=db.clock.now())
    assert not isinstance(made, PlanRefused), made.reasons
    return made


async def agree(db: Database, one: Somebody, **more: object) -> StoredPlan:
    offered = await propose(db, one, **more)
    evidence = Evidence(
        how="call", reference=None, agreement_sha256=offered.agreement_sha256, by="agent-1"
    )
    agreed = await plans.accept(db, offered.id, evidence, now=db.clock.now())
    assert not isinstance(agreed, PlanRefused), agreed.reasons
    return agreed


async def state(db: Database, plan: StoredPlan) -> StoredState:
    async with db.read() as conn:
        return (await plans.find(conn, plan.id)).state


async def on(clock: ManualClock, day: date) -> None:
    """Noon in New York, or an hour before or after, on that day."""
    await clock.advance((day - clock.now().date()).days * 86_400)


async def debtor(db: Database) -> Somebody:
    one = await add_somebody(db)
    await owe(db, one, 120_000, parts=PARTS)
    return one


async def test_an_agent_offers_what_the_table_allows_and_no_more(db: Database) -> None:
    one = await debtor(db)
    longer = await plans.propose(db, wish(one, instalments=24), US, now=db.clock.now())
    assert isinstance(longer, PlanRefused)
    assert longer.reasons == ("24 months are more than 12", "a team_leader may agree to it")
    never = await plans.propose(
        db, wish(one, instalments=61, level="manager"), US, now=db.clock.now()
    )
    assert isinstance(never, PlanRefused)
    assert await told(db, one) == []
    offered = await propose(
        db, one, instalments=24, level="team_leader", waiver=Waiver(fees_minor=4_000)
    )
    assert sum(part.amount_minor for part in offered.plan.schedule) == 116_000
    assert "Otto Abendroth" in offered.agreement
    assert "$1,160.00" in offered.agreement
    assert "December 15, 2026" in offered.agreement
    assert offered.state is StoredState.PROPOSED
    assert await words(db, one) == []


async def test_only_the_plans_own_text_can_be_accepted_and_only_once(db: Database) -> None:
    one = await debtor(db)
    offered = await propose(db, one)
    wrong = Evidence(how="link", reference=None, agreement_sha256="0" * 64, by="consumer")
    refused = await plans.accept(db, offered.id, wrong, now=db.clock.now())
    assert isinstance(refused, PlanRefused)
    assert refused.reasons == ("the text that was accepted is not the plan's",)
    agreed = await agree(db, one)
    again = await plans.accept(
        db,
        agreed.id,
        Evidence(how="link", reference=None, agreement_sha256=agreed.agreement_sha256, by="x"),
        now=db.clock.now(),
    )
    assert isinstance(again, PlanRefused)
    other = await plans.accept(
        db,
        offered.id,
        Evidence(how="link", reference=None, agreement_sha256=offered.agreement_sha256, by="x"),
        now=db.clock.now(),
    )
    assert isinstance(other, PlanRefused)
    assert "another plan is in force for the debt" in other.reasons


async def test_the_gate_is_closed_exactly_while_the_terms_are_met(
    db: Database, clock: ManualClock
) -> None:
    one = await debtor(db)
    assert isinstance(await ask_gate(db, one), Permit)
    plan = await agree(db, one)
    refusal = await ask_gate(db, one)
    assert isinstance(refusal, Refusal)
    assert refusal.rules == ("RF-PLAN",)
    await on(clock, FIRST + timedelta(days=US.default.grace_days))
    assert await plan_course.assess_case(db, one.case, now=db.clock.now()) == 0
    await on(clock, FIRST + timedelta(days=US.default.grace_days + 1))
    async with db.read() as conn:
        assert await plan_course.due_for_assessment(conn, db.clock.now(), limit=10) == [one.case]
    assert await plan_course.assess_case(db, one.case, now=db.clock.now())
    assert await state(db, plan) is StoredState.BEHIND
    assert isinstance(await ask_gate(db, one), Permit)
    await pay(db, one, 10_000, clock.now().date())
    assert await state(db, plan) is StoredState.AGREED
    assert isinstance(await ask_gate(db, one), Refusal)
    assert await words(db, one) == ["plan_agreed"]


async def test_missed_instalments_break_a_plan_and_the_waiver_lapses(
    db: Database, clock: ManualClock
) -> None:
    one = await debtor(db)
    plan = await agree(db, one, level="team_leader", waiver=Waiver(fees_minor=4_000))
    await pay(db, one, 10_000, TUESDAY)
    await on(clock, date(2027, 2, 21))
    await plan_course.assess_case(db, one.case, now=db.clock.now())
    assert await state(db, plan) is StoredState.DEFAULTED
    assert await words(db, one) == ["plan_agreed", "plan_broken"]
    (debt,) = (await case(db, one)).debts
    assert debt.balance_minor == 110_000
    assert "plan.defaulted" in await in_ledger(db, one)
    assert isinstance(await ask_gate(db, one), Permit)


async def test_a_kept_plan_lets_the_waiver_go_and_closes_the_case(
    db: Database, clock: ManualClock
) -> None:
    one = await debtor(db)
    other = await owe_more(db, one, 5_000, due=date(2025, 1, 1))
    plan = await agree(db, one, instalments=3, level="team_leader", waiver=Waiver(fees_minor=4_000))
    for number, part in enumerate(plan.plan.schedule):
        await on(clock, part.due_on)
        receipt = await pay(db, one, part.amount_minor, part.due_on, ref=f"I{number}")
        assert {line.debt_id for line in receipt.lines} == {one.debt}
    assert await state(db, plan) is StoredState.COMPLETED
    assert (await case(db, one)).status is CaseStatus.OPEN
    await pay(db, one, 5_000, clock.now().date(), directed_to=other)
    assert (await case(db, one)).status is CaseStatus.CLOSED
    assert await words(db, one) == ["paid"]
    bounced = Reversed(on=clock.now().date(), reason="returned", by=None)
    await payments.take_back(db, "I2", bounced, now=db.clock.now())
    assert (await case(db, one)).status is CaseStatus.OPEN
    assert await state(db, plan) is StoredState.AGREED
    assert await words(db, one) == ["plan_agreed"]
    balances = [debt.balance_minor for debt in (await case(db, one)).debts]
    assert balances == [plan.plan.schedule[2].amount_minor + 4_000, 0]


async def test_a_plan_is_renegotiated_over_what_is_left(db: Database, clock: ManualClock) -> None:
    one = await debtor(db)
    old = await agree(db, one)
    await on(clock, FIRST)
    await pay(db, one, 10_000, FIRST)
    new = await agree(
        db,
        one,
        instalments=24,
        level="team_leader",
        first_due_on=FIRST + timedelta(days=31),
        replaces=old.id,
    )
    assert await state(db, old) is StoredState.RENEGOTIATED
    assert sum(part.amount_minor for part in new.plan.schedule) == 110_000
    assert (new.plan.renegotiations, new.plan.begun_on) == (1, TUESDAY)
    assert isinstance(await ask_gate(db, one), Refusal)


async def test_an_early_settlement_needs_authority_for_its_discount(db: Database) -> None:
    one = await debtor(db)
    plan = await agree(db, one)
    await pay(db, one, 20_000)

    async def offer(level: str, discount: int) -> Settlement | PlanRefused:
        return await plans.settlement(
            db, plan.id, US, level=level, discount_minor=discount, now=db.clock.now()
        )

    plain = await offer("agent", 0)
    assert isinstance(plain, Settlement)
    assert plain.amount_minor == 100_000
    assert isinstance(await offer("agent", 1), PlanRefused)
    assert isinstance(await offer("team_leader", 10_000), Settlement)
    assert isinstance(await offer("team_leader", 10_001), PlanRefused)


@pytest.mark.parametrize("in_force", [False, True])
async def test_a_withdrawn_plan_rests_nothing(db: Database, in_force: bool) -> None:
    one = await debtor(db)
    plan = await (agree if in_force else propose)(db, one, waiver=NOTHING)
    assert await plans.withdraw(db, plan.id, by="agent-1", now=db.clock.now())
    assert not await plans.withdraw(db, plan.id, by="agent-1", now=db.clock.now())
    assert isinstance(await ask_gate(db, one), Permit)
    assert await words(db, one) == (["plan_agreed", "plan_broken"] if in_force else [])
