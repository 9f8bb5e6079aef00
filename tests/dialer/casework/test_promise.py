"""Promises: taken within the terms, judged by what was paid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.payment import Payment, Reversal, effective
from dialer.model.promise import (
    Promise,
    PromiseRefused,
    PromiseState,
    PromiseTerms,
    judge,
    remind_on,
    take_promise,
)

TODAY = date(2026, 6, 1)
TERMS = PromiseTerms(horizon_days=30, least_minor=1000, grace_days=3, remind_days_before=2)


def take(**change: object) -> Promise | PromiseRefused:
    asked: dict[str, object] = {
        "amount_minor": 50_000,
        "currency": "CNY",
        "due_on": date(2026, 6, 15),
        "today": TODAY,
        "balance_minor": 80_000,
        "balance_currency": "CNY",
        "terms": TERMS,
    }
    return take_promise(**(asked | change))  # type: ignore[arg-type]


def promised() -> Promise:
    promise = take()
    assert isinstance(promise, Promise)
    return promise


def paid(amount: int, on: date, payment_id: str = "p1", currency: str = "CNY") -> Payment:
    return Payment(payment_id=payment_id, amount_minor=amount, currency=currency, received_on=on)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount_minor": 80_001}, "80001 is more than the balance of 80000"),
        ({"amount_minor": 999}, "less than the least amount"),
        ({"amount_minor": 0}, "less than the least amount"),
        ({"due_on": date(2026, 5, 31)}, "2026-05-31 is past"),
        ({"due_on": date(2026, 7, 2)}, "later than 2026-07-01"),
        ({"currency": "USD"}, "the debt is in CNY, not in USD"),
        ({"balance_minor": None}, "the balance is not known"),
    ],
)
def test_a_promise_outside_the_terms_is_refused_with_the_reason(
    change: dict[str, object], reason: str
):
    refused = take(**change)
    assert isinstance(refused, PromiseRefused)
    assert reason in "; ".join(refused.reasons)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 80_000},
        {"amount_minor": 1_000},
        {"due_on": TODAY},
        {"due_on": date(2026, 7, 1)},
    ],
)
def test_a_promise_at_the_edge_of_the_terms_is_taken(change: dict[str, object]):
    assert isinstance(take(**change), Promise)


def test_without_a_least_amount_one_cent_is_enough_and_nothing_is_not():
    free = PromiseTerms(least_minor=0)
    assert isinstance(take(amount_minor=1, terms=free), Promise)
    assert isinstance(take(amount_minor=0, terms=free), PromiseRefused)


def test_all_reasons_are_told_at_once():
    refused = take(amount_minor=0, due_on=date(2027, 1, 1), currency="USD")
    assert isinstance(refused, PromiseRefused)
    assert len(refused.reasons) == 3


def test_it_is_kept_by_parts_within_the_grace_days_and_not_after():
    promise = promised()
    parts = [paid(20_000, date(2026, 6, 10)), paid(30_000, date(2026, 6, 18), "p2")]
    assert judge(promise, parts, date(2026, 6, 18)).state is PromiseState.KEPT
    late = [paid(20_000, date(2026, 6, 10)), paid(30_000, date(2026, 6, 19), "p2")]
    judged = judge(promise, late, date(2026, 6, 19))
    assert judged.state is PromiseState.PARTLY_KEPT
    assert (judged.paid_minor, judged.missing_minor) == (20_000, 30_000)


def test_it_is_open_until_the_grace_days_are_over_and_then_broken():
    promise = promised()
    assert judge(promise, [], promise.last_day).state is PromiseState.OPEN
    assert judge(promise, [], promise.last_day + timedelta(days=1)).state is PromiseState.BROKEN


def test_older_payments_and_other_currencies_do_not_count():
    others = [paid(50_000, date(2026, 5, 31)), paid(50_000, date(2026, 6, 10), "p2", "USD")]
    assert judge(promised(), others, date(2026, 7, 1)).state is PromiseState.BROKEN


def test_a_payment_taken_back_breaks_what_it_kept():
    payments = [paid(50_000, date(2026, 6, 10))]
    back = [Reversal(payment_id="p1", reversed_on=date(2026, 6, 25))]
    assert judge(promised(), effective(payments, []), TODAY).state is PromiseState.KEPT
    assert (
        judge(promised(), effective(payments, back), date(2026, 6, 25)).state is PromiseState.BROKEN
    )


def test_a_payment_told_twice_counts_once():
    twice = [paid(25_000, date(2026, 6, 10)), paid(25_000, date(2026, 6, 10))]
    assert judge(promised(), effective(twice, []), TODAY).paid_minor == 25_000


def test_the_reminder_comes_before_the_day_unless_the_promise_was_made_too_late():
    assert remind_on(promised(), TERMS) == date(2026, 6, 13)
    soon = take(due_on=TODAY + timedelta(days=2))
    assert isinstance(soon, Promise)
    assert remind_on(soon, TERMS) is None


payments = st.lists(st.tuples(st.integers(1, 60_000), st.integers(-5, 40)), max_size=6).map(
    lambda pairs: [
        paid(amount, TODAY + timedelta(days=days), f"p{index}")
        for index, (amount, days) in enumerate(pairs)
    ]
)
RANK = {
    PromiseState.BROKEN: 0,
    PromiseState.PARTLY_KEPT: 1,
    PromiseState.OPEN: 2,
    PromiseState.KEPT: 3,
}


@given(payments, payments, st.integers(0, 60))
def test_more_payments_never_make_it_worse(some: list[Payment], more: list[Payment], days: int):
    today = TODAY + timedelta(days=days)
    before = judge(promised(), some, today)
    after = judge(promised(), [*some, *more], today)
    assert RANK[after.state] >= RANK[before.state]
    assert after.missing_minor <= before.missing_minor
    assert before.missing_minor == max(0, 50_000 - before.paid_minor)


@given(payments, st.integers(0, 60), st.integers(0, 60))
def test_a_decided_promise_stays_decided(some: list[Payment], days: int, more: int):
    first = judge(promised(), some, TODAY + timedelta(days=days)).state
    later = judge(promised(), some, TODAY + timedelta(days=days + more)).state
    assert first is PromiseState.OPEN or first is later
