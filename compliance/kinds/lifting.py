"""Rules that lift others: a consent, and the one answer to the consumer's own message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.consents import agreed_spans, more_calls_spans
from compliance.facts import Channel, Consent
from compliance.rule import Clause, Lift, Rule

CONSENT_NAME = "consent"
REPLY_NAME = "reply"

CONSENT_FIELDS: Mapping[str, fields.Field] = {
    "given_to": fields.words("to whom it must have been given", required=True),
    "opens": fields.choice(
        "what it must name: local hours, or further calls within so many days",
        ("hours", "calls"),
        required=True,
    ),
    "days": fields.number("a consent to calls lasts so many dates; receipt is day 1", minimum=1),
}
REPLY_FIELDS: Mapping[str, fields.Field] = {
    "exchange_minutes": fields.number(
        "a contact so soon after the exchange is judged as an attempted answer", required=True
    ),
    "within_days": fields.number("an answer must come within so many days", required=True),
}


@dataclass(frozen=True, slots=True)
class ConsentClause(Clause):
    """A consent of the consumer opens time that other rules close."""

    given_to: frozenset[str]
    opens: str
    days: int | None

    def lift(self, rule: Rule, case: Case) -> Lift | None:
        """The time that valid consents for this contact open."""
        if not case.facts.consents:
            return None
        if self.opens == "hours":
            spans = agreed_spans(case, self._accepts)
        else:
            spans = more_calls_spans(case, self._accepts, self.days or 1)
        return Lift(spans=spans, reason="the consumer consented to this") if spans else None

    def _accepts(self, consent: Consent) -> bool:
        """A general leave to use a channel says nothing of more calls: the words must be known."""
        asked = consent.scope is not None or bool(consent.valid_dates)
        return consent.given_to in self.given_to and (self.opens == "hours" or asked)


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
            spans=[(message, message + self.within)],
            reason="one answer to the consumer's own message",
            answers=message,
        )

    def complain(self, rule: Rule, case: Case) -> str | None:
        """That an answer was attempted in vain: claimed, or made while the exchange still ran."""
        if case.request.in_reply:
            left = self._message(case) is not None
            return None if left else "no message of the consumer is left to answer by this medium"
        last = case.last_exchange()
        if last is None or case.now - last > self.exchange:
            return None
        return "not the one answer, by the same medium, that is allowed"

    def _message(self, case: Case) -> datetime | None:
        """When the message came in that this contact answers; None where it answers none."""
        message = case.unanswered_message() if case.request.in_reply else None
        return None if message is None or case.now - message > self.within else message


def build_consent(values: dict[str, Any], channels: frozenset[Channel]) -> ConsentClause:
    """The clause of one table."""
    if (values["opens"] == "calls") != (values["days"] is not None):
        raise fields.FieldError("days", "a consent to calls, and no other, takes days")
    return ConsentClause(
        given_to=frozenset(values["given_to"]), opens=values["opens"], days=values["days"]
    )


def build_reply(values: dict[str, Any], channels: frozenset[Channel]) -> ReplyClause:
    """The clause of one table."""
    return ReplyClause(
        exchange=timedelta(minutes=values["exchange_minutes"]),
        within=timedelta(days=values["within_days"]),
    )
