"""Instalment plans: the schedule sums to the debt, whatever the terms; keeping and ending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.payment import Payment
from dialer.model.plan import (
    Frequency,
    Plan,
    PlanLimits,
    PlanRefused,
    PlanTerms,
    Waiver,
    make_plan,
)
from dialer.model.plan_progress import (
    DefaultRule,
    PlanState,
    Settlement,
    owed_after,
    progress,
    renegotiate,
    settle_early,
)
from scheduler.calendar import add_months

TODAY = date(2026, 6, 1)
RULE = DefaultRule(grace_days=3, missed=2, days=30)
LIMITS = PlanLimits()
TERMS = PlanTerms(
    debt_minor=100_000,
    currency="CNY",
    agreed_on=TODAY,
    instalments=3,
    first_due_on=date(2026, 6, 30),
)


def plan_of(terms: PlanTerms = TERMS, limits: PlanLimits = LIMITS) -> Plan:
    plan = make_plan(terms, limits)
    assert isinstance(plan, Plan), plan
    return plan


def paid(*parts: tuple[int, date]) -> list[Payment]:
    return [
        Payment(payment_id=f"p{index}", amount_minor=amount, currency="CNY", received_on=on)
        for index, (amount, on) in enumerate(parts)
    ]


def test_equal_instalments_and_the_last_takes_the_rounding():
    assert [(part.due_on, part.amount_minor) for part in plan_of().schedule] == [
        (date(2026, 6, 30), 33_334),
        (date(2026, 7, 30), 33_334),
        (date(2026, 8, 30), 33_332),
    ]


def test_front_payment_and_waiver_come_off_first():
    terms = replace(
        TERMS,
        front_payment_minor=10_000,
        waiver=Waiver(interest_minor=5_000, fees_minor=1_000, interest_frozen=True),
    )
    schedule = plan_of(terms).schedule
    assert (schedule[0].number, schedule[0].due_on, schedule[0].amount_minor) == (0, TODAY, 10_000)
    assert [part.amount_minor for part in schedule[1:]] == [28_000] * 3


def test_a_series_aims_at_its_day_and_takes_the_last_of_a_short_month():
    terms = replace(
        TERMS,
        agreed_on=date(2027, 1, 20),
        first_due_on=date(2027, 1, 31),
        instalments=4,
    )
    assert [part.due_on.day for part in plan_of(terms).schedule] == [31, 28, 31, 30]
    february = replace(terms, first_due_on=date(2027, 2, 28), day_of_month=31, instalments=2)
    assert [part.due_on.day for part in plan_of(february).schedule] == [28, 31]


def test_weeks_and_fortnights():
    weekly = plan_of(replace(TERMS, frequency=Frequency.WEEKLY)).schedule
    assert weekly[2].due_on == date(2026, 7, 14)
    fortnightly = plan_of(replace(TERMS, frequency=Frequency.FORTNIGHTLY)).schedule
    assert fortnightly[2].due_on == date(2026, 7, 28)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"debt_minor": 0}, "no debt"),
        ({"instalments": 0}, "at least one instalment"),
        ({"instalments": 61}, "longer than 60 months"),
        ({"instalments": 10**9}, "longer than 60 months"),
        ({"first_due_on": date(2026, 5, 31)}, "before the agreement"),
        ({"first_due_on": date(2026, 7, 17)}, "more than 45 days away"),
        ({"front_payment_minor": 100_000}, "fall below 1 each"),
        ({"front_payment_minor": -1}, "negative"),
        ({"debt_minor": 2}, "fall below 1 each"),
        ({"waiver": Waiver(interest_minor=100_000)}, "fall below 1 each"),
        ({"day_of_month": 32}, "not a day of a month"),
        ({"day_of_month": 15}, "the first instalment is not due on day 15"),
        ({"day_of_month": 31, "first_due_on": date(2026, 7, 1)}, "not due on day 31"),
    ],
)
def test_what_can_not_be_a_plan_is_refused_with_the_reason(change: dict[str, object], reason: str):
    refused = make_plan(replace(TERMS, **change), LIMITS)  # type: ignore[arg-type]
    assert isinstance(refused, PlanRefused)
    assert reason in "; ".join(refused.reasons)


def test_sixty_months_are_allowed_and_the_least_instalment_counts():
    assert len(plan_of(replace(TERMS, instalments=60)).schedule) == 60
    refused = make_plan(replace(TERMS, instalments=60), PlanLimits(least_instalment_minor=10_000))
    assert isinstance(refused, PlanRefused)


@pytest.mark.parametrize(
    ("change", "limits"),
    [
        ({"first_due_on": TODAY}, LIMITS),
        ({"first_due_on": TODAY + timedelta(days=45)}, LIMITS),
        ({"debt_minor": 30_000}, PlanLimits(least_instalment_minor=10_000)),
        ({"first_due_on": TODAY, "instalments": 61}, LIMITS),
        ({"first_due_on": TODAY, "frequency": Frequency.WEEKLY, "instalments": 261}, LIMITS),
        ({"instalments": 5, "frequency": Frequency.WEEKLY}, PlanLimits(longest_months=2)),
    ],
)
def test_terms_at_the_edge_of_the_limits_are_a_plan(change: dict[str, object], limits: PlanLimits):
    assert isinstance(make_plan(replace(TERMS, **change), limits), Plan)  # type: ignore[arg-type]


def test_a_plan_kept_lets_ordinary_dunning_rest_and_ends_completed():
    plan = plan_of()
    first = paid((33_334, date(2026, 6, 30)))
    assert progress(plan, [], date(2026, 6, 29), RULE).due_minor == 0
    assert progress(plan, [], date(2026, 6, 30), RULE).due_minor == 33_334
    kept = progress(plan, first, date(2026, 7, 15), RULE)
    assert kept.state is PlanState.ACTIVE
    assert kept.ordinary_dunning_rests
    assert kept.next_due is not None and kept.next_due.number == 2
    assert (kept.due_minor, kept.paid_minor, kept.remaining_minor) == (33_334, 33_334, 66_666)
    done = progress(plan, paid((100_000, date(2026, 7, 1))), date(2026, 7, 15), RULE)
    assert (done.state, done.next_due, done.remaining_minor) == (PlanState.COMPLETED, None, 0)


def test_one_late_instalment_is_behind_and_two_or_thirty_days_are_a_default():
    plan = plan_of()
    assert progress(plan, [], date(2026, 7, 3), RULE).state is PlanState.ACTIVE
    assert progress(plan, [], date(2026, 7, 4), RULE).state is PlanState.BEHIND
    assert not progress(plan, [], date(2026, 7, 4), RULE).ordinary_dunning_rests
    assert progress(plan, [], date(2026, 7, 31), RULE).state is PlanState.DEFAULTED
    alone = DefaultRule(grace_days=3, missed=9, days=30)
    assert progress(plan, [], date(2026, 7, 30), alone).state is PlanState.BEHIND
    assert progress(plan, [], date(2026, 7, 31), alone).state is PlanState.DEFAULTED
    one = paid((33_334, date(2026, 6, 30)))
    patient = DefaultRule(grace_days=3, missed=2, days=365)
    assert progress(plan, one, date(2026, 8, 5), patient).state is PlanState.BEHIND
    two = progress(plan, one, date(2026, 9, 3), patient)
    assert two.state is PlanState.DEFAULTED
    assert [part.number for part in two.missed] == [2, 3]


def test_money_from_before_the_agreement_does_not_pay_the_plan():
    early = paid((33_334, TODAY - timedelta(days=1)))
    assert progress(plan_of(), early, date(2026, 7, 4), RULE).paid_minor == 0
    same_day = paid((33_334, TODAY))
    credited = plan_of(replace(TERMS, credited=frozenset({"p0"})))
    assert progress(plan_of(), same_day, date(2026, 7, 4), RULE).paid_minor == 33_334
    assert progress(credited, same_day, date(2026, 7, 4), RULE).paid_minor == 0


def test_early_settlement_is_the_rest_less_a_discount():
    plan = plan_of()
    first = paid((40_000, date(2026, 6, 30)))
    offered = settle_early(plan, first, date(2026, 7, 5), valid_days=7, discount_minor=5_000)
    assert offered == Settlement(
        amount_minor=55_000, discount_minor=5_000, valid_until=date(2026, 7, 12)
    )
    plain = settle_early(plan, first, date(2026, 7, 5), valid_days=7)
    assert isinstance(plain, Settlement)
    assert (plain.amount_minor, plain.discount_minor) == (60_000, 0)
    almost = paid((99_999, date(2026, 6, 30)))
    last_cent = settle_early(plan, almost, date(2026, 7, 5), valid_days=7)
    assert isinstance(last_cent, Settlement)
    assert last_cent.amount_minor == 1
    for discount in (-1, 60_000):
        refused = settle_early(plan, first, date(2026, 7, 5), valid_days=7, discount_minor=discount)
        assert isinstance(refused, PlanRefused)
    over = paid((100_000, TODAY))
    assert isinstance(settle_early(plan, over, TODAY, valid_days=7), PlanRefused)


def test_a_new_plan_covers_what_is_owed_and_counts_its_length_from_the_first():
    plan = plan_of(replace(TERMS, waiver=Waiver(fees_minor=10_000, interest_frozen=True)))
    first = paid((30_000, date(2026, 9, 1)))
    again = renegotiate(
        plan,
        first,
        date(2026, 9, 1),
        instalments=6,
        first_due_on=date(2026, 10, 1),
        limits=LIMITS,
    )
    assert isinstance(again, Plan)
    assert again.terms.debt_minor == 60_000
    assert again.terms.waiver.interest_frozen
    assert (again.begun_on, again.renegotiations) == (TODAY, 1)
    assert all(part.number > 0 for part in again.schedule)
    assert progress(again, first, date(2026, 9, 1), RULE).paid_minor == 0
    lapsed = renegotiate(
        plan,
        first,
        date(2026, 9, 1),
        instalments=6,
        first_due_on=date(2026, 10, 1),
        limits=LIMITS,
        waiver_lapses=True,
    )
    assert isinstance(lapsed, Plan)
    assert lapsed.terms.debt_minor == 70_000
    too_long = renegotiate(
        plan,
        first,
        date(2026, 9, 1),
        instalments=59,
        first_due_on=date(2026, 10, 1),
        limits=LIMITS,
    )
    assert isinstance(too_long, PlanRefused)


terms_of_any_kind = st.builds(
    PlanTerms,
    debt_minor=st.integers(-10, 10**10),
    currency=st.just("CNY"),
    agreed_on=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    instalments=st.integers(-1, 130),
    first_due_on=st.dates(date(2026, 1, 1), date(2029, 3, 1)),
    frequency=st.sampled_from(Frequency),
    day_of_month=st.none() | st.integers(1, 31),
    front_payment_minor=st.integers(0, 1_000) | st.integers(-1, 10**10),
    waiver=st.builds(
        Waiver,
        interest_minor=st.integers(0, 500) | st.integers(-1, 10**9),
        fees_minor=st.integers(0, 500),
    ),
)
likely_terms = st.builds(
    lambda terms, days, debt: replace(
        terms,
        debt_minor=debt + terms.waiver.total_minor + terms.front_payment_minor,
        instalments=max(1, terms.instalments % 61),
        first_due_on=terms.agreed_on + timedelta(days=days),
        day_of_month=None if days % 3 else terms.day_of_month,
    ),
    terms_of_any_kind,
    st.integers(0, 45),
    st.integers(1, 20_000) | st.integers(1, 10**9),
)


@given(terms_of_any_kind | likely_terms)
def test_every_schedule_sums_to_the_debt_in_positive_instalments_within_the_limits(
    terms: PlanTerms,
):
    plan = make_plan(terms, LIMITS)
    if isinstance(plan, PlanRefused):
        assert plan.reasons
        return
    amounts = [part.amount_minor for part in plan.schedule if part.number > 0]
    assert sum(part.amount_minor for part in plan.schedule) + terms.waiver.total_minor == (
        terms.debt_minor
    )
    assert min(part.amount_minor for part in plan.schedule) > 0
    assert len(amounts) == terms.instalments
    assert len(set(amounts[:-1])) <= 1
    assert abs(amounts[-1] - amounts[0]) < terms.instalments
    days = [part.due_on for part in plan.schedule if part.number > 0]
    assert all(earlier < later for earlier, later in pairwise(days))
    assert days[0] >= terms.agreed_on
    assert days[-1] <= add_months(terms.agreed_on, 60)


@given(likely_terms)
def test_monthly_instalments_come_once_in_every_month(terms: PlanTerms):
    plan = make_plan(replace(terms, frequency=Frequency.MONTHLY), LIMITS)
    if isinstance(plan, Plan):
        months = [
            part.due_on.year * 12 + part.due_on.month for part in plan.schedule if part.number > 0
        ]
        assert months == list(range(months[0], months[0] + len(months)))


RANK = [PlanState.DEFAULTED, PlanState.BEHIND, PlanState.ACTIVE, PlanState.COMPLETED]
some_payments = st.lists(st.tuples(st.integers(1, 50_000), st.integers(-10, 150)), max_size=6)


def dated(pairs: Sequence[tuple[int, int]]) -> list[Payment]:
    return paid(*((amount, TODAY + timedelta(days=days)) for amount, days in pairs))


@given(some_payments, some_payments, st.integers(0, 200), st.integers(0, 100))
def test_paying_more_never_harms_and_waiting_without_paying_never_helps(
    some: list[tuple[int, int]], more: list[tuple[int, int]], days: int, wait: int
):
    plan, today = plan_of(), TODAY + timedelta(days=days)
    before = progress(plan, dated(some), today, RULE)
    after = progress(plan, dated([*some, *more]), today, RULE)
    assert RANK.index(after.state) >= RANK.index(before.state)
    assert after.remaining_minor <= before.remaining_minor
    known = [payment for payment in dated(some) if payment.received_on <= today]
    later = progress(plan, known, today + timedelta(days=wait), RULE)
    assert RANK.index(later.state) <= RANK.index(before.state)


@given(some_payments, st.integers(0, 150), st.booleans(), st.integers(1, 24))
def test_nothing_is_lost_or_counted_twice_when_a_plan_is_renegotiated(
    pairs: list[tuple[int, int]], days: int, lapses: bool, count: int
):
    plan = plan_of(replace(TERMS, waiver=Waiver(fees_minor=7_001)))
    today = TODAY + timedelta(days=days)
    known = [payment for payment in dated(pairs) if payment.received_on <= today]
    owed = owed_after(plan, known, today, waiver_lapses=lapses)
    again = renegotiate(
        plan,
        known,
        today,
        instalments=count,
        first_due_on=today + timedelta(days=10),
        limits=LIMITS,
        waiver_lapses=lapses,
    )
    if isinstance(again, PlanRefused):
        assert owed < count
        return
    paid_before = progress(plan, known, today, RULE).paid_minor
    assert sum(part.amount_minor for part in again.schedule) == owed
    assert owed + paid_before == (100_000 if lapses else 92_999)
    assert progress(again, known, today, RULE).paid_minor == 0
