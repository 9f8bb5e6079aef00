"""One row of a payment file as checked values, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dialer.store.importing import values
from dialer.store.importing.report import Problem
from dialer.store.payments import FIRST_ZONE

PAYMENT_COLUMNS = (
    "payment_id",
    "case_id",
    "amount",
    "currency",
    "received_on",
    "debt_id",
    "deducted",
    "reversed_on",
    "reason",
)
NEEDED = ("payment_id", "case_id", "amount", "currency", "received_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidRow:
    """A good row of the file, not yet held against the store."""

    number: int
    cells: Sequence[str]
    payment_ref: str
    case_ref: str
    amount_minor: int
    currency: str
    received_on: date
    debt_ref: str | None
    deducted: bool
    reversed_on: date | None
    reason: str


def parse_paid(
    number: int, cells: Sequence[str], record: Mapping[str, str], now: datetime
) -> PaidRow | list[Problem]:
    """Check one row. `record` holds the cells that are not blank, by column."""
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    readers: dict[str, Any] = {
        "payment_id": lambda cell: values.text(cell, 120),
        "case_id": lambda cell: values.text(cell, 120),
        "currency": values.currency,
        "amount": lambda cell: _amount(cell, found.get("currency")),
        "received_on": lambda cell: _past_day(cell, now),
        "debt_id": lambda cell: values.text(cell, 120),
        "deducted": values.yes_no,
        "reversed_on": lambda cell: _past_day(cell, now),
        "reason": lambda cell: values.text(cell, 200),
    }
    for column, read in readers.items():
        if column not in record:
            if column in NEEDED:
                problems.append(Problem(row=number, column=column, reason="is missing"))
            continue
        try:
            found[column] = read(record[column])
        except ValueError as error:
            problems.append(Problem(row=number, column=column, reason=str(error)))
    if problems:
        return problems
    return PaidRow(
        number=number,
        cells=cells,
        payment_ref=found["payment_id"],
        case_ref=found["case_id"],
        amount_minor=found["amount"],
        currency=found["currency"],
        received_on=found["received_on"],
        debt_ref=found.get("debt_id"),
        deducted=found.get("deducted", False),
        reversed_on=found.get("reversed_on"),
        reason=found.get("reason", "reversed by the creditor"),
    )


def _amount(cell: str, currency: str | None) -> int:
    if currency is None:
        raise ValueError("can't be read without its currency")
    amount = values.money(cell, currency)
    if amount <= 0:
        raise ValueError(f"{cell!r} is not above zero: a reversal has a date in reversed_on")
    return amount


def _past_day(cell: str, now: datetime) -> date:
    day = values.day(cell)
    if day > (now + FIRST_ZONE).date():
        raise ValueError(f"{cell!r} is still to come")
    return day
