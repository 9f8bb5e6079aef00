"""Instalment plans: terms, and a schedule that sums to the debt. Pure.

Amounts are integers in the minor unit of the debt's currency; days are the consumer's dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from scheduler.calendar import add_months

ART70_MONTHS = 60
"""The longest personalised plan: CBRC credit card rules 2011, article 70."""


class Frequency(StrEnum):
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What the creditor lets go, in minor units, and whether interest rests during the plan."""

    interest_minor: int = 0
    fees_minor: int = 0
    interest_frozen: bool = False

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fees_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """What a plan may be: its length in months, its least instalment, its latest first day."""

    longest_months: int = ART70_MONTHS
    least_instalment_minor: int = 1
    latest_first_days: int = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What consumer and creditor agree on.

    `debt_minor` is the debt before the waiver. A front payment is due on the day of agreement.
    `day_of_month` is the day that a monthly series aims at, by default that of `first_due_on`;
    in a shorter month the last day counts. `credited` names the payments that `debt_minor` already
    reflects, so that those of the day of agreement are not counted again.
    """

    debt_minor: int
    currency: str
    agreed_on: date
    instalments: int
    first_due_on: date
    frequency: Frequency = Frequency.MONTHLY
    day_of_month: int | None = None
    front_payment_minor: int = 0
    waiver: Waiver = Waiver()
    credited: frozenset[str] = frozenset()

    @property
    def agreed_minor(self) -> int:
        """What the plan brings in: the debt less what is let go."""
        return self.debt_minor - self.waiver.total_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One payment of the schedule. Number 0 is the front payment."""

    number: int
    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Agreed terms and their schedule, in the order of the days.

    `begun_on` is the day of the first agreement; a renegotiated plan keeps it, as the longest
    length counts from there.
    """

    terms: PlanTerms
    schedule: tuple[Instalment, ...]
    begun_on: date
    renegotiations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefused:
    """No such plan; each reason is a sentence for the agent."""

    reasons: tuple[str, ...]


def make_plan(
    terms: PlanTerms, limits: PlanLimits, *, begun_on: date | None = None, renegotiations: int = 0
) -> Plan | PlanRefused:
    """The plan with its schedule of equal instalments, or every reason against it.

    The schedule sums to `terms.agreed_minor`; the last instalment takes the rounding, and may
    fall below the least instalment by that.
    """
    begun = begun_on or terms.agreed_on
    reasons = _against(terms, limits, begun)
    if reasons:
        return PlanRefused(reasons=tuple(reasons))
    rest = terms.agreed_minor - terms.front_payment_minor
    each = _each(rest, terms.instalments)
    amounts = [each] * (terms.instalments - 1)
    amounts.append(rest - sum(amounts))
    front = (
        [Instalment(number=0, due_on=terms.agreed_on, amount_minor=terms.front_payment_minor)]
        if terms.front_payment_minor
        else []
    )
    schedule = tuple(front) + tuple(
        Instalment(number=number, due_on=_due(terms, number), amount_minor=amount)
        for number, amount in enumerate(amounts, start=1)
    )
    return Plan(terms=terms, schedule=schedule, begun_on=begun, renegotiations=renegotiations)


def _each(rest: int, count: int) -> int:
    """The equal instalment: rounded up, so that the last is the smaller one, if any is left."""
    each = -(-rest // count)
    return each if each * (count - 1) < rest else rest // count


def _against(terms: PlanTerms, limits: PlanLimits, begun_on: date) -> list[str]:
    reasons = []
    waiver = terms.waiver
    if terms.debt_minor <= 0:
        reasons.append("there is no debt to pay")
    if min(waiver.interest_minor, waiver.fees_minor, terms.front_payment_minor) < 0:
        reasons.append("an amount is negative")
    if terms.day_of_month is not None:
        if not 1 <= terms.day_of_month <= 31:
            return [*reasons, f"{terms.day_of_month} is not a day of a month"]
        if add_months(terms.first_due_on, 0, day_of_month=terms.day_of_month) != terms.first_due_on:
            reasons.append(f"the first instalment is not due on day {terms.day_of_month}")
    if terms.instalments < 1:
        return [*reasons, "at least one instalment is needed"]
    rest = terms.agreed_minor - terms.front_payment_minor
    if rest // terms.instalments < max(1, limits.least_instalment_minor):
        reasons.append(
            f"{terms.instalments} instalments of {rest} fall below"
            f" {max(1, limits.least_instalment_minor)} each"
        )
    if terms.first_due_on < terms.agreed_on:
        reasons.append("the first instalment is due before the agreement")
    if terms.first_due_on > terms.agreed_on + timedelta(days=limits.latest_first_days):
        reasons.append(f"the first instalment is more than {limits.latest_first_days} days away")
    if terms.instalments > limits.longest_months * 5 or _due(terms, terms.instalments) > add_months(
        begun_on, limits.longest_months
    ):
        reasons.append(f"the plan is longer than {limits.longest_months} months")
    return reasons


def _due(terms: PlanTerms, number: int) -> date:
    steps = number - 1
    if terms.frequency is Frequency.MONTHLY:
        return add_months(terms.first_due_on, steps, day_of_month=terms.day_of_month)
    days = 7 if terms.frequency is Frequency.WEEKLY else 14
    return terms.first_due_on + timedelta(days=days * steps)
