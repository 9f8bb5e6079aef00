"""The person who owes a debt, or is said to owe it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

ConsumerId = NewType("ConsumerId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Who the person is, as far as the creditor told us.

    `history_known_from`: from this instant on no contact is missing in the store; None = unknown,
    which counts as full use of every limit.
    """

    id: ConsumerId
    full_name: str
    language: str | None = None  # BCP 47
    id_last4: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None
    city: str | None = None
    postal_code: str | None = None
    history_known_from: datetime | None = None


def name_key(full_name: str) -> str:
    """The form in which two names are compared: case and spacing do not count."""
    return " ".join(full_name.casefold().split())


def name_words(full_name: str) -> frozenset[str]:
    """The words by which a person may be found; a name without spaces is one word."""
    return frozenset(name_key(full_name).split())
