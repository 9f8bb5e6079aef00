"""Who may agree to which plan: the creditor's authority table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.casework.allocation import DebtBalance, Part
from dialer.model.plan import Frequency, PlanTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What one level may agree to alone. Shares are in hundredths of a percent (10000 = all)."""

    level: str
    interest_share: int = 0
    fees_share: int = 0
    may_freeze_interest: bool = False
    longest_months: int = 12
    least_front_share: int = 0  # of the debt before the waiver
    largest_debt_minor: int | None = None
    settlement_share: int = 0  # of what remains, for early settlement


def exceeded(authority: Authority, terms: PlanTerms, debt: DebtBalance) -> tuple[str, ...]:
    """Everything in the terms that this level may not agree to, as sentences; empty = it may."""
    over = []
    waiver = terms.waiver
    if _over(waiver.interest_minor, authority.interest_share, debt.owed.get(Part.INTEREST, 0)):
        over.append(f"{waiver.interest_minor} of interest is too much to waive")
    if _over(waiver.fees_minor, authority.fees_share, debt.owed.get(Part.FEES, 0)):
        over.append(f"{waiver.fees_minor} of fees is too much to waive")
    if waiver.interest_frozen and not authority.may_freeze_interest:
        over.append("interest may not be frozen")
    if months_of(terms) > authority.longest_months:
        over.append(f"{months_of(terms)} months are more than {authority.longest_months}")
    if terms.front_payment_minor * 10_000 < authority.least_front_share * terms.debt_minor:
        over.append(f"a front payment of {terms.front_payment_minor} is too little")
    most = authority.largest_debt_minor
    if most is not None and terms.debt_minor > most:
        over.append(f"a debt of {terms.debt_minor} is more than {most}")
    return tuple(over)


def least_level(
    table: Sequence[Authority], terms: PlanTerms, debt: DebtBalance
) -> Authority | None:
    """The first level of the table, from the lowest, that may agree; None if none may."""
    return next((level for level in table if not exceeded(level, terms, debt)), None)


def may_discount(authority: Authority, discount_minor: int, remaining_minor: int) -> bool:
    """Whether this level may give the discount for early settlement."""
    return discount_minor >= 0 and not _over(
        discount_minor, authority.settlement_share, remaining_minor
    )


def months_of(terms: PlanTerms) -> int:
    """The length of the plan in months, begun ones counted in full."""
    per_month = {Frequency.MONTHLY: (1, 1), Frequency.FORTNIGHTLY: (12, 26)}
    months, count = per_month.get(terms.frequency, (12, 52))
    return -(-terms.instalments * months // count)


def _over(amount: int, share: int, whole: int) -> bool:
    return amount * 10_000 > share * whole
