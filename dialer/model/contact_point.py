"""A phone number or address, and what is known of it as one consumer's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from compliance.facts import Channel

ContactPointId = NewType("ContactPointId", str)


class PointKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


KIND_OF_CHANNEL = {
    Channel.CALL: PointKind.PHONE,
    Channel.RVM: PointKind.PHONE,
    Channel.SMS: PointKind.PHONE,
    Channel.IM: PointKind.PHONE,
    Channel.EMAIL: PointKind.EMAIL,
}
"""Which kind of contact point a channel needs; letters and visits need none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """One way to reach one consumer. The same number of two people has one `id`."""

    id: ContactPointId
    kind: PointKind
    value: str  # E.164, or an e-mail address
    position: int  # the creditor's order, from 0
    type: str | None = None  # mobile, home_landline, workplace, employer, personal ...
    raw: str | None = None
    valid: bool = True
    wrong_since: datetime | None = None

    def usable(self, channel: Channel) -> bool:
        """Whether a contact on this channel may be planned with it; the gate has the last word."""
        return self.kind is KIND_OF_CHANNEL.get(channel) and self.valid and self.wrong_since is None
