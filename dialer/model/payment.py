"""Money received, and money that was taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received on a day. `amount_minor` is positive, in the minor unit of `currency`."""

    payment_id: str
    amount_minor: int
    currency: str
    received_on: date

    def __post_init__(self) -> None:
        if self.amount_minor <= 0:
            raise ValueError(f"payment {self.payment_id}: {self.amount_minor} is not positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A payment was taken back (returned debit, fraud, wrong account): it never counted."""

    payment_id: str
    reversed_on: date


def effective(payments: Iterable[Payment], reversals: Iterable[Reversal]) -> tuple[Payment, ...]:
    """The payments that count, each once, oldest first."""
    gone = {reversal.payment_id for reversal in reversals}
    kept = {payment.payment_id: payment for payment in payments if payment.payment_id not in gone}
    return tuple(
        sorted(kept.values(), key=lambda payment: (payment.received_on, payment.payment_id))
    )


def total(payments: Iterable[Payment], currency: str, *, start: date, end: date) -> int:
    """What came in that currency from `start` to `end`, both days included, in minor units."""
    return sum(
        payment.amount_minor
        for payment in payments
        if payment.currency == currency and start <= payment.received_on <= end
    )
