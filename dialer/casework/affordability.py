"""What a household can pay a month, by a plain calculation that shows each line. Pure.

    income of a month                       each source, rounded down
    less outgoings of a month               each item, rounded up
    but at least the living allowance       for a household of that size, per the creditor's table
    = surplus
    less a reserve                          a share of the surplus, for what nobody foresees
    = affordable                            never below zero

Nothing is estimated: what was not told is named, and without an income or a household there is
no result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Every(StrEnum):
    """How often an amount comes or goes; a year has 52 weeks and 12 months."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_A_YEAR = {
    Every.WEEK: 52,
    Every.FORTNIGHT: 26,
    Every.MONTH: 12,
    Every.QUARTER: 4,
    Every.YEAR: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A source of income or an outgoing, in minor units, as told or proved.

    `essential` outgoings are those that the living allowance stands for (food, energy, clothes);
    rent and payments to other creditors are not.
    """

    label: str
    amount_minor: int
    every: Every = Every.MONTH
    essential: bool = False
    proved: bool = False

    def __post_init__(self) -> None:
        if self.amount_minor < 0:
            raise ValueError(f"{self.label}: {self.amount_minor} is negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Who lives on the income."""

    adults: int
    children: int

    def __post_init__(self) -> None:
        if self.adults < 1 or self.children < 0:
            raise ValueError("a household has at least one adult")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceTable:
    """The creditor's or the law's least cost of living a month, in minor units."""

    first_adult_minor: int
    further_adult_minor: int
    child_minor: int
    reserve_share: int = 1_000  # hundredths of a percent of the surplus

    def of(self, household: Household) -> int:
        return (
            self.first_adult_minor
            + (household.adults - 1) * self.further_adult_minor
            + household.children * self.child_minor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One line of the calculation: what, and by how much it moved the result (minor units)."""

    label: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Affordability:
    """The result with its lines, which sum to it where it is above zero.

    `affordable_minor` None = it can't be said; `missing` names the facts that lack.
    """

    affordable_minor: int | None
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    unproved: tuple[str, ...] = ()


def assess(
    *,
    income: Sequence[Item],
    outgoings: Sequence[Item] | None,
    household: Household | None,
    allowance: AllowanceTable,
) -> Affordability:
    """What can be paid a month. `outgoings` None = not told: no result."""
    missing = []
    if not income:
        missing.append("income")
    if outgoings is None:
        missing.append("outgoings")
    if household is None:
        missing.append("household")
    if missing or outgoings is None or household is None:
        return Affordability(affordable_minor=None, reasons=(), missing=tuple(missing))
    reasons = [Reason(label=item.label, amount_minor=_month(item, up=False)) for item in income]
    reasons += [Reason(label=item.label, amount_minor=-_month(item, up=True)) for item in outgoings]
    told = sum(_month(item, up=True) for item in outgoings if item.essential)
    shortfall = max(0, allowance.of(household) - told)
    if shortfall:
        reasons.append(
            Reason(label="living allowance above the costs told", amount_minor=-shortfall)
        )
    surplus = sum(reason.amount_minor for reason in reasons)
    reserve = max(0, -(-surplus * allowance.reserve_share // 10_000))
    if reserve:
        reasons.append(Reason(label="reserve", amount_minor=-reserve))
    return Affordability(
        affordable_minor=max(0, surplus - reserve),
        reasons=tuple(reasons),
        missing=(),
        unproved=tuple(item.label for item in [*income, *outgoings] if not item.proved),
    )


def _month(item: Item, *, up: bool) -> int:
    yearly = item.amount_minor * _A_YEAR[item.every]
    return -(-yearly // 12) if up else yearly // 12
