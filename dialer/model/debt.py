"""One obligation, with what the creditor reported of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType

DebtId = NewType("DebtId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A debt as it stood at `as_of`. Amounts are in the minor unit of `currency` (ISO 4217)."""

    id: DebtId
    debt_ref: str
    position: int
    as_of: datetime
    creditor: str | None = None
    product: str | None = None
    currency: str | None = None
    balance_minor: int | None = None
    days_past_due: int | None = None
    due_date: date | None = None
    status: str = "open"
    one_with: str | None = None  # debts with the same mark count as one


def days_past_due_at(debt: Debt, now: datetime) -> int | None:
    """Days past due at `now`: the reported figure, grown by the days since; None = unknown."""
    return grown(debt.days_past_due, debt.as_of, now)


def grown(days: int | None, as_of: datetime, now: datetime) -> int | None:
    """A figure of days as reported, at `now`."""
    return None if days is None else days + max(0, (now - as_of).days)


def bucket(days: int | None) -> str | None:
    """The ageing bucket of so many days past due: M0 is not late, M1 1 to 30 days, then M7+."""
    if days is None:
        return None
    months = -(-max(0, days) // 30)
    return f"M{months}" if months < 7 else "M7+"
