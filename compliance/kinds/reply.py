"""The one answer to the consumer's own message, which lifts other rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Lift, Rule
from compliance.windows import Fixed

NAME = "reply"


FIELDS: Mapping[str, fields.Field] = {
    "exchange_minutes": fields.number(
        "a contact so soon after the exchange is judged as an attempted answer", required=True
    ),
    "within_days": fields.number("an answer must come within so many days", required=True),
}


@dataclass(frozen=True, slots=True)
class ReplyClause(Clause):
    """One answer, by the same medium, to a message that the consumer started."""

    exchange: timedelta
    within: timedelta

    def lift(self, rule: Rule, case: Case) -> Lift | None:
        """All time for a true answer; None where the contact claims to be none."""
        message = self._message(case)
        if message is None:
            return None
        return Lift(
            time=[Fixed((message, message + self.within))],
            reason="one answer to the consumer's own message",
            answers=message,
        )

    def complain(self, rule: Rule, case: Case) -> str | None:
        """That an answer was attempted in vain: claimed, or made while the exchange still ran."""
        if case.request.in_reply:
            left = self._message(case) is not None
            return None if left else "no message of the consumer is left to answer by this medium"
        if not case.exchanging(self.exchange):
            return None
        return "not the one answer, by the same medium, that is allowed"

    def _message(self, case: Case) -> datetime | None:
        """When the message came in that this contact answers; None where it answers none."""
        message = case.unanswered_message() if case.request.in_reply else None
        return None if message is None or case.now - message >= self.within else message


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ReplyClause:
    """The clause of one table."""
    return ReplyClause(
        exchange=timedelta(minutes=values["exchange_minutes"]),
        within=timedelta(days=values["within_days"]),
    )
