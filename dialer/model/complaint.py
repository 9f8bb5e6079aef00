"""Complaints about how we work: what about, what came of it, what was behind it. Values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Category(StrEnum):
    TIME_OR_FREQUENCY = "time_or_frequency"
    THIRD_PARTY = "third_party"
    CONDUCT = "conduct"
    PRIVACY = "privacy"
    AMOUNT = "amount"
    SERVICE = "service"
    OTHER = "other"


class RootCause(StrEnum):
    CONDUCT = "conduct"
    TRAINING = "training"
    DATA = "data"
    PROCESS = "process"
    SYSTEM = "system"
    CREDITOR = "creditor"
    NONE_FOUND = "none_found"


class ComplaintState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint and its review. It is to be decided by the end of `due_on`."""

    id: str
    case_id: str
    consumer_id: str
    category: Category
    state: ComplaintState
    statement: str
    about: str | None  # the agent, where there is one
    received_at: datetime
    due_on: date
    by: str
    review: str | None = None
    root_cause: RootCause | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None

    def late(self, today: date) -> bool:
        """Whether it is still open after its day."""
        return self.state is ComplaintState.OPEN and today > self.due_on
