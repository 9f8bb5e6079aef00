"""How far an instalment plan was kept, and how it ends early or goes on otherwise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dialer.model.payment import Payment, total
from dialer.model.plan import (
    Frequency,
    Instalment,
    Plan,
    PlanLimits,
    PlanRefused,
    PlanTerms,
    Waiver,
    make_plan,
)


class PlanState(StrEnum):
    ACTIVE = "active"
    BEHIND = "behind"  # an instalment is late, and not yet a default
    DEFAULTED = "defaulted"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRule:
    """A plan is in default from so many missed instalments, or so many days after the oldest.

    An instalment is missed when `grace_days` have passed since its day.
    """

    grace_days: int = 3
    missed: int = 2
    days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a plan stands. Payments fill the instalments in the order of their days."""

    state: PlanState
    paid_minor: int
    due_minor: int  # all that was due by today
    missed: tuple[Instalment, ...]
    next_due: Instalment | None  # the first instalment that is not fully paid
    remaining_minor: int

    @property
    def ordinary_dunning_rests(self) -> bool:
        """Whether the terms are met, so that only reminders of the plan itself are sent."""
        return self.state is PlanState.ACTIVE


def paid_into(plan: Plan, payments: Sequence[Payment], today: date) -> int:
    """What has been paid since the agreement and is not in its debt already, in minor units."""
    fresh = [payment for payment in payments if payment.payment_id not in plan.terms.credited]
    return total(fresh, plan.terms.currency, start=plan.terms.agreed_on, end=today)


def progress(plan: Plan, payments: Sequence[Payment], today: date, rule: DefaultRule) -> Progress:
    """How the plan stands after `payments`, of which those since the agreement count."""
    terms = plan.terms
    paid = paid_into(plan, payments, today)
    unpaid = _unpaid(plan, paid)
    missed = tuple(
        instalment
        for instalment in unpaid
        if instalment.due_on + timedelta(days=rule.grace_days) < today
    )
    if not unpaid:
        state = PlanState.COMPLETED
    elif not missed:
        state = PlanState.ACTIVE
    elif len(missed) >= rule.missed or missed[0].due_on + timedelta(days=rule.days) < today:
        state = PlanState.DEFAULTED
    else:
        state = PlanState.BEHIND
    return Progress(
        state=state,
        paid_minor=paid,
        due_minor=sum(part.amount_minor for part in plan.schedule if part.due_on <= today),
        missed=missed,
        next_due=unpaid[0] if unpaid else None,
        remaining_minor=max(0, terms.agreed_minor - paid),
    )


def unpaid_of(plan: Plan, payments: Sequence[Payment], today: date, number: int) -> int:
    """What is still missing on one instalment, in minor units; 0 when it is paid."""
    paid = paid_into(plan, payments, today)
    before = 0
    for part in plan.schedule:
        if part.number == number:
            return min(part.amount_minor, max(0, before + part.amount_minor - paid))
        before += part.amount_minor
    raise ValueError(f"the plan has no instalment {number}")


def _unpaid(plan: Plan, paid: int) -> list[Instalment]:
    covered = 0
    unpaid = []
    for instalment in plan.schedule:
        covered += instalment.amount_minor
        if covered > paid:
            unpaid.append(instalment)
    return unpaid


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What ends the plan at once, if paid by `valid_until`."""

    amount_minor: int
    discount_minor: int
    valid_until: date


def settle_early(
    plan: Plan,
    payments: Sequence[Payment],
    today: date,
    *,
    valid_days: int,
    discount_minor: int = 0,
) -> Settlement | PlanRefused:
    """The amount for early settlement: all that remains, less a discount that leaves something."""
    paid = paid_into(plan, payments, today)
    remaining = plan.terms.agreed_minor - paid
    if remaining <= 0:
        return PlanRefused(reasons=("nothing remains to be paid",))
    if not 0 <= discount_minor < remaining:
        return PlanRefused(reasons=(f"a discount of {discount_minor} does not fit to {remaining}",))
    return Settlement(
        amount_minor=remaining - discount_minor,
        discount_minor=discount_minor,
        valid_until=today + timedelta(days=valid_days),
    )


def owed_after(plan: Plan, payments: Sequence[Payment], today: date, *, waiver_lapses: bool) -> int:
    """What is owed when the plan ends early: the rest, and the waiver too where it lapses."""
    paid = paid_into(plan, payments, today)
    owed = plan.terms.debt_minor if waiver_lapses else plan.terms.agreed_minor
    return max(0, owed - paid)


def renegotiate(
    plan: Plan,
    payments: Sequence[Payment],
    today: date,
    *,
    instalments: int,
    first_due_on: date,
    limits: PlanLimits,
    waiver: Waiver | None = None,
    front_payment_minor: int = 0,
    frequency: Frequency = Frequency.MONTHLY,
    waiver_lapses: bool = False,
) -> Plan | PlanRefused:
    """A new plan over what is still owed. Its longest length counts from the first agreement.

    `waiver` is what is let go of the rest, on top of the old plan's waiver if that does not lapse.
    """
    terms = PlanTerms(
        debt_minor=owed_after(plan, payments, today, waiver_lapses=waiver_lapses),
        currency=plan.terms.currency,
        agreed_on=today,
        instalments=instalments,
        first_due_on=first_due_on,
        frequency=frequency,
        front_payment_minor=front_payment_minor,
        waiver=waiver or Waiver(interest_frozen=plan.terms.waiver.interest_frozen),
        credited=plan.terms.credited
        | {payment.payment_id for payment in payments if payment.received_on <= today},
    )
    return make_plan(terms, limits, begun_on=plan.begun_on, renegotiations=plan.renegotiations + 1)
