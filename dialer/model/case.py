"""The unit of work: one consumer, one or more debts, contact points and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from compliance.facts import Channel
from dialer.model.consumer import Consumer
from dialer.model.contact_point import ContactPoint
from dialer.model.debt import Debt

CaseId = NewType("CaseId", str)


class CaseStatus(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastContact:
    """One entry of a case's history, oldest first, in the words of the contact history.

    `position` is the place of the contact point in the creditor's order, None when it is not one
    of the consumer's; `step` is None for what no campaign step began. What happened to the case
    itself (a promise, a payment in full, a dispute) has neither channel nor direction.
    """

    at: datetime
    channel: Channel | None
    outcome: str
    direction: str | None
    campaign_id: str | None = None
    step: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPayment:
    """What the consumer agreed to pay next, in the minor unit of `currency`."""

    amount_minor: int
    currency: str
    due_on: date
    instalments_left: int = 0  # after this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Where the consumer can read an agreement and accept it, and until when."""

    url: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with all that planning and writing to the consumer needs.

    `next_payment` is set where a message is to remind of it, `offer` where it brings one.
    """

    id: CaseId
    case_ref: str
    status: CaseStatus
    creditor: str | None
    rank: int
    consumer: Consumer
    debts: tuple[Debt, ...]
    contact_points: tuple[ContactPoint, ...]
    zones: tuple[str, ...]  # candidate IANA zones, as far as known
    history: tuple[PastContact, ...]
    next_payment: NextPayment | None = None
    offer: Offer | None = None

    def usable_points(self, channel: Channel) -> tuple[ContactPoint, ...]:
        """The contact points that may be planned for a channel, in the creditor's order."""
        points = (point for point in self.contact_points if point.usable(channel))
        return tuple(sorted(points, key=lambda point: point.position))
