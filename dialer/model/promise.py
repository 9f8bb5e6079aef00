"""A promise to pay: what may be promised, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dialer.model.payment import Payment, total


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseTerms:
    """The creditor's terms: how far ahead, how little, how many days late is still in time."""

    horizon_days: int = 30
    least_minor: int = 1
    grace_days: int = 3
    remind_days_before: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An amount promised for a day, in the minor unit of `currency`."""

    amount_minor: int
    currency: str
    made_on: date
    due_on: date
    grace_days: int

    @property
    def last_day(self) -> date:
        """The last day on which a payment still keeps the promise."""
        return self.due_on + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRefused:
    """The promise can't be taken; each reason is a sentence for the agent."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of a promise, as known today. `missing_minor` is what was promised and not paid.

    A paid-back payment can turn a kept promise into a broken one: judge again when payments change.
    """

    state: PromiseState
    paid_minor: int
    missing_minor: int


def take_promise(
    *,
    amount_minor: int,
    currency: str,
    due_on: date,
    today: date,
    balance_minor: int | None,
    balance_currency: str | None,
    terms: PromiseTerms,
) -> Promise | PromiseRefused:
    """A promise within the balance and the horizon, or every reason against it.

    `today` and `due_on` are the consumer's local dates. An unknown balance refuses.
    """
    reasons = []
    if balance_minor is None or balance_currency is None:
        reasons.append("the balance is not known")
    elif currency != balance_currency:
        reasons.append(f"the debt is in {balance_currency}, not in {currency}")
    elif amount_minor > balance_minor:
        reasons.append(f"{amount_minor} is more than the balance of {balance_minor}")
    if amount_minor < max(1, terms.least_minor):
        reasons.append(f"{amount_minor} is less than the least amount of {terms.least_minor}")
    if due_on < today:
        reasons.append(f"{due_on.isoformat()} is past")
    last = today + timedelta(days=terms.horizon_days)
    if due_on > last:
        reasons.append(f"{due_on.isoformat()} is later than {last.isoformat()}")
    if reasons:
        return PromiseRefused(reasons=tuple(reasons))
    return Promise(
        amount_minor=amount_minor,
        currency=currency,
        made_on=today,
        due_on=due_on,
        grace_days=terms.grace_days,
    )


def judge(promise: Promise, payments: Sequence[Payment], today: date) -> Judgement:
    """Kept as soon as all is paid; partly kept or broken once the grace days are over."""
    paid = total(payments, promise.currency, start=promise.made_on, end=promise.last_day)
    if paid >= promise.amount_minor:
        state = PromiseState.KEPT
    elif today <= promise.last_day:
        state = PromiseState.OPEN
    else:
        state = PromiseState.PARTLY_KEPT if paid else PromiseState.BROKEN
    return Judgement(
        state=state, paid_minor=paid, missing_minor=max(0, promise.amount_minor - paid)
    )


def remind_on(promise: Promise, terms: PromiseTerms) -> date | None:
    """The day of the reminder; None when the promise was made too late for one."""
    day = promise.due_on - timedelta(days=terms.remind_days_before)
    return day if day > promise.made_on else None
