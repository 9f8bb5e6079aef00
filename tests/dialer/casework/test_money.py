"""Allocation, authority, affordability and proposals: exact, and with their reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.casework.affordability import (
    AllowanceTable,
    Every,
    Household,
    Item,
    assess,
)
from dialer.casework.allocation import (
    AllocationOrder,
    DebtBalance,
    DebtOrder,
    Line,
    Part,
    allocate,
    reverse,
)
from dialer.casework.authority import Authority, exceeded, least_level, may_discount, months_of
from dialer.casework.proposals import propose, term_for_amount
from dialer.casework.willingness import Direction, willingness
from dialer.model.payment import Payment
from dialer.model.plan import Frequency, PlanLimits, PlanTerms, Waiver
from dialer.model.promise import PromiseState

TODAY = date(2026, 6, 1)
ORDER = AllocationOrder(
    debts=DebtOrder.OLDEST_FIRST,
    parts=(Part.FEES, Part.INTEREST, Part.PRINCIPAL),
    late_parts=(Part.PRINCIPAL, Part.INTEREST, Part.FEES),
)
OLD = DebtBalance(
    debt_id="old",
    currency="CNY",
    owed={Part.PRINCIPAL: 1000, Part.INTEREST: 200, Part.FEES: 50},
    due_date=date(2026, 1, 1),
    days_past_due=30,
)
NEW = replace(OLD, debt_id="new", due_date=date(2026, 3, 1))


def pay(amount: int, currency: str = "CNY") -> Payment:
    return Payment(payment_id="p", amount_minor=amount, currency=currency, received_on=TODAY)


def lines(*parts: tuple[str, Part, int]) -> tuple[Line, ...]:
    return tuple(Line(debt_id=debt, part=part, amount_minor=amount) for debt, part, amount in parts)


def test_the_oldest_debt_and_its_fees_come_first():
    assert allocate(pay(300), [NEW, OLD], ORDER).lines == lines(
        ("old", Part.FEES, 50), ("old", Part.INTEREST, 200), ("old", Part.PRINCIPAL, 50)
    )


def test_from_ninety_one_days_principal_comes_first_also_when_the_days_are_unknown():
    for days in (91, None):
        late = replace(OLD, days_past_due=days)
        assert allocate(pay(300), [late], ORDER).lines == lines(("old", Part.PRINCIPAL, 300))
    assert allocate(pay(50), [replace(OLD, days_past_due=90)], ORDER).lines == lines(
        ("old", Part.FEES, 50)
    )


def test_the_consumers_direction_comes_first_and_the_rest_follows_the_order():
    directed = allocate(pay(1300), [OLD, NEW], ORDER, directed_to="new")
    assert sum(line.amount_minor for line in directed.lines if line.debt_id == "new") == 1250
    assert directed.lines[-1] == Line(debt_id="old", part=Part.FEES, amount_minor=50)


def test_a_disputed_debt_gets_nothing_by_itself():
    disputed = replace(OLD, disputed=True)
    assert {line.debt_id for line in allocate(pay(300), [disputed, NEW], ORDER).lines} == {"new"}
    alone = allocate(pay(300), [disputed], ORDER)
    assert (alone.lines, alone.unallocated_minor) == ((), 300)
    named = allocate(pay(300), [disputed, NEW], ORDER, directed_to="old")
    assert (named.lines, named.unallocated_minor) == ((), 300)
    assert named.reason is not None and "old" in named.reason


def test_too_much_and_another_currency_wait_for_a_person():
    much = allocate(pay(9999), [OLD], ORDER)
    assert much.unallocated_minor == 9999 - 1250
    assert much.reason is not None
    assert allocate(pay(100, "USD"), [OLD], ORDER).unallocated_minor == 100


def test_an_order_names_every_part():
    with pytest.raises(ValueError, match="names each once"):
        AllocationOrder(debts=DebtOrder.OLDEST_FIRST, parts=(Part.FEES, Part.FEES))


debts = st.lists(
    st.builds(
        DebtBalance,
        debt_id=st.sampled_from("abcdef"),
        currency=st.sampled_from(["CNY", "CNY", "USD"]),
        owed=st.dictionaries(st.sampled_from(Part), st.integers(-5, 5000)),
        due_date=st.none() | st.dates(),
        days_past_due=st.none() | st.integers(0, 200),
        disputed=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda debt: debt.debt_id,
)
orders = st.builds(
    AllocationOrder,
    debts=st.sampled_from(DebtOrder),
    parts=st.permutations(list(Part)).map(tuple),
    late_parts=st.none() | st.permutations(list(Part)).map(tuple),
)


@given(st.integers(1, 20_000), debts, orders, st.none() | st.sampled_from("abcdef"))
def test_every_cent_goes_somewhere_once_and_no_debt_is_overpaid(
    amount: int, owed: list[DebtBalance], order: AllocationOrder, directed: str | None
):
    done = allocate(pay(amount), owed, order, directed_to=directed)
    assert sum(line.amount_minor for line in done.lines) + done.unallocated_minor == amount
    assert done.unallocated_minor >= 0
    by_id = {debt.debt_id: debt for debt in owed}
    for line in done.lines:
        debt = by_id[line.debt_id]
        assert 0 < line.amount_minor <= debt.owed[line.part]
        assert debt.currency == "CNY"
        assert not debt.disputed
    assert len({(line.debt_id, line.part) for line in done.lines}) == len(done.lines)
    assert (done.reason is None) == (done.unallocated_minor == 0)
    undone = [*done.lines, *reverse(done)]
    assert sum(line.amount_minor for line in undone) == 0


TERMS = PlanTerms(
    debt_minor=1250,
    currency="CNY",
    agreed_on=TODAY,
    instalments=12,
    first_due_on=date(2026, 7, 1),
    waiver=Waiver(interest_minor=100, fees_minor=50, interest_frozen=True),
)
CLERK = Authority(level="clerk", fees_share=10_000, longest_months=12)
LEAD = Authority(
    level="lead",
    interest_share=5_000,
    fees_share=10_000,
    may_freeze_interest=True,
    longest_months=24,
    settlement_share=1_000,
)
HEAD = replace(LEAD, level="head", interest_share=10_000, longest_months=60)


def test_the_lowest_level_that_may_agree_is_found_and_what_exceeds_it_is_said():
    assert exceeded(CLERK, TERMS, OLD) == (
        "100 of interest is too much to waive",
        "interest may not be frozen",
    )
    assert exceeded(LEAD, TERMS, OLD) == ()
    assert least_level([CLERK, LEAD, HEAD], TERMS, OLD) == LEAD
    more = replace(TERMS, waiver=Waiver(interest_minor=101))
    assert least_level([CLERK, LEAD, HEAD], more, OLD) == HEAD
    too_much = replace(TERMS, waiver=Waiver(interest_minor=201))
    assert least_level([CLERK, LEAD, HEAD], too_much, OLD) is None


def test_front_payment_size_of_debt_and_length_have_limits_too():
    strict = replace(CLERK, least_front_share=1_000, largest_debt_minor=1_000)
    plain = replace(TERMS, waiver=Waiver(), front_payment_minor=124, instalments=13)
    assert len(exceeded(strict, plain, OLD)) == 3
    fine = replace(plain, front_payment_minor=125, instalments=12)
    assert exceeded(replace(strict, largest_debt_minor=1_250), fine, OLD) == ()


def test_the_length_of_weekly_plans_is_counted_in_begun_months():
    weekly = replace(TERMS, frequency=Frequency.WEEKLY, instalments=53)
    assert months_of(weekly) == 13
    assert months_of(replace(weekly, frequency=Frequency.FORTNIGHTLY, instalments=26)) == 12
    assert months_of(replace(weekly, frequency=Frequency.MONTHLY, instalments=7)) == 7


def test_a_settlement_discount_is_a_share_of_the_rest():
    assert may_discount(LEAD, 100, 1_000)
    assert not may_discount(LEAD, 101, 1_000)
    assert not may_discount(LEAD, -1, 1_000)


def test_proposals_name_their_approval_and_whether_they_can_be_afforded():
    terms = replace(TERMS, debt_minor=120_000, waiver=Waiver())
    offers = propose(
        terms,
        OLD,
        lengths=[12, 24, 60, 72],
        affordable_minor=3_500,
        limits=PlanLimits(),
        table=[CLERK, LEAD, HEAD],
    )
    assert [
        (offer.plan.terms.instalments, offer.approval, offer.affordable) for offer in offers
    ] == [(12, "clerk", False), (24, "lead", False), (35, "head", True), (60, "head", True)]
    unknown = propose(
        terms, OLD, lengths=[12], affordable_minor=None, limits=PlanLimits(), table=[CLERK]
    )
    assert [offer.affordable for offer in unknown] == [None]
    assert term_for_amount(terms, 0) is None


ALLOWANCE = AllowanceTable(
    first_adult_minor=100_000, further_adult_minor=60_000, child_minor=40_000
)
COUPLE = Household(adults=2, children=1)


def test_affordability_shows_every_line_and_they_sum_to_the_result():
    result = assess(
        income=[Item(label="wage", amount_minor=100_000, every=Every.WEEK, proved=True)],
        outgoings=[
            Item(label="rent", amount_minor=120_000),
            Item(label="food", amount_minor=150_000, essential=True),
        ],
        household=COUPLE,
        allowance=ALLOWANCE,
    )
    assert [(reason.label, reason.amount_minor) for reason in result.reasons] == [
        ("wage", 433_333),
        ("rent", -120_000),
        ("food", -150_000),
        ("living allowance above the costs told", -50_000),
        ("reserve", -11_334),
    ]
    assert result.affordable_minor == sum(reason.amount_minor for reason in result.reasons)
    assert result.unproved == ("rent", "food")


def test_nothing_is_affordable_from_nothing_and_nothing_is_guessed():
    poor = assess(
        income=[Item(label="wage", amount_minor=10_000)],
        outgoings=[],
        household=COUPLE,
        allowance=ALLOWANCE,
    )
    assert poor.affordable_minor == 0
    unknown = assess(income=[], outgoings=None, household=None, allowance=ALLOWANCE)
    assert unknown.affordable_minor is None
    assert unknown.missing == ("income", "outgoings", "household")


items = st.lists(
    st.builds(
        Item,
        label=st.just("x"),
        amount_minor=st.integers(0, 10**7),
        every=st.sampled_from(Every),
        essential=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(items, items, items, st.integers(1, 3), st.integers(0, 3))
def test_more_income_never_lowers_and_more_outgoings_never_raise_it(
    income: list[Item], outgoings: list[Item], more: list[Item], adults: int, children: int
):
    def affordable(earned: list[Item], spent: list[Item], more_children: int = 0) -> int:
        found = assess(
            income=earned,
            outgoings=spent,
            household=Household(adults=adults, children=children + more_children),
            allowance=ALLOWANCE,
        ).affordable_minor
        assert found is not None and found >= 0
        return found

    base = affordable(income, outgoings)
    assert affordable([*income, *more], outgoings) >= base
    assert affordable(income, [*outgoings, *more]) <= base
    assert affordable(income, outgoings, 1) <= base


def test_signs_of_will_are_told_with_their_facts():
    signs = willingness(
        promises=[PromiseState.KEPT, PromiseState.BROKEN, PromiseState.OPEN],
        payments=[pay(100)],
        conversations=4,
        own_calls=1,
        refusals=0,
        today=TODAY,
    )
    assert [(sign.direction, sign.reason) for sign in signs] == [
        (Direction.FOR, "1 of 2 promises kept in full"),
        (Direction.AGAINST, "1 promises broken"),
        (Direction.FOR, "1 payments in 90 days"),
        (Direction.FOR, "got in touch 1 times of their own accord"),
    ]
    assert (
        willingness(promises=[], payments=[], conversations=0, own_calls=0, refusals=0, today=TODAY)
        == ()
    )
