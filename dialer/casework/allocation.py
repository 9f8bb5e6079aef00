"""Which debt, and which part of it, a payment pays: the creditor's order. Pure.

A disputed debt gets nothing by itself, and a consumer's direction comes before the order
(15 USC 1692h; 12 CFR 1006.30(c)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dialer.model.payment import Payment


class Part(StrEnum):
    """What a debt consists of."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"


class DebtOrder(StrEnum):
    OLDEST_FIRST = "oldest_first"  # by due date; unknown dates last
    SMALLEST_FIRST = "smallest_first"
    LARGEST_FIRST = "largest_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtBalance:
    """What is owed on one debt, in the minor unit of `currency`."""

    debt_id: str
    currency: str
    owed: Mapping[Part, int]
    due_date: date | None = None
    days_past_due: int | None = None
    disputed: bool = False

    @property
    def total_minor(self) -> int:
        return sum(self.owed.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOrder:
    """The creditor's order: of debts, and of parts within a debt.

    From `late_from_days` past due, `late_parts` is the order of parts; a debt whose days are
    unknown is taken as late. Card rules in China pay principal first from day 91.
    """

    debts: DebtOrder
    parts: tuple[Part, ...]
    late_parts: tuple[Part, ...] | None = None
    late_from_days: int = 91

    def __post_init__(self) -> None:
        for order in (self.parts, self.late_parts):
            if order is not None and sorted(order) != sorted(Part):
                raise ValueError(f"an order of parts names each once, not {', '.join(order)}")

    def parts_of(self, debt: DebtBalance) -> tuple[Part, ...]:
        late = debt.days_past_due is None or debt.days_past_due >= self.late_from_days
        return self.late_parts if late and self.late_parts is not None else self.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So much of a payment goes to this part of this debt; negative in a reversal."""

    debt_id: str
    part: Part
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Where a payment went. `unallocated_minor` waits for a person, for the reason given."""

    payment_id: str
    lines: tuple[Line, ...]
    unallocated_minor: int
    reason: str | None


_DEBT_KEYS: Mapping[DebtOrder, Callable[[DebtBalance], tuple[int | date, ...]]] = {
    DebtOrder.OLDEST_FIRST: lambda debt: (debt.due_date or date.max,),
    DebtOrder.SMALLEST_FIRST: lambda debt: (debt.total_minor,),
    DebtOrder.LARGEST_FIRST: lambda debt: (-debt.total_minor,),
}


def allocate(
    payment: Payment,
    debts: Sequence[DebtBalance],
    order: AllocationOrder,
    *,
    directed_to: str | None = None,
) -> Allocation:
    """Split the payment over the debts. Lines and the rest sum to the payment.

    `directed_to` is the debt that the consumer named: it is paid first, and what it does not need
    follows the order. A direction to a disputed or unknown debt is left to a person.
    """
    payable = [debt for debt in debts if debt.currency == payment.currency and not debt.disputed]
    queue = sorted(payable, key=_DEBT_KEYS[order.debts])
    if directed_to is not None:
        named = [debt for debt in queue if debt.debt_id == directed_to]
        if not named:
            return Allocation(
                payment_id=payment.payment_id,
                lines=(),
                unallocated_minor=payment.amount_minor,
                reason=f"the consumer named {directed_to}, which can't be paid automatically",
            )
        queue = named + [debt for debt in queue if debt.debt_id != directed_to]
    left = payment.amount_minor
    lines = []
    for debt in queue:
        for part in order.parts_of(debt):
            amount = min(left, max(0, debt.owed.get(part, 0)))
            if amount:
                lines.append(Line(debt_id=debt.debt_id, part=part, amount_minor=amount))
                left -= amount
    return Allocation(
        payment_id=payment.payment_id,
        lines=tuple(lines),
        unallocated_minor=left,
        reason=None if not left else "more was paid than is owed on undisputed debts",
    )


def reverse(allocation: Allocation) -> tuple[Line, ...]:
    """The lines that undo an allocation."""
    return tuple(
        Line(debt_id=line.debt_id, part=line.part, amount_minor=-line.amount_minor)
        for line in allocation.lines
    )
