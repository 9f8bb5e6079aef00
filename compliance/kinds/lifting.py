"""Rules that lift others: a consent, and the one answer to the consumer's own message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
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
        return consent.given_to in self.given_to


@dataclass(frozen=True, slots=True)
class ReplyClause(Clause):
    """One answer, by the same medium, to a message that the consumer started."""

    exchange: timedelta
    within: timedelta

    def lift(self, rule: Rule, case: Case) -> Lift | None:
        """All time for a true answer; a failed lift where an answer was attempted in vain."""
        message = case.unanswered_message()
        if case.request.in_reply:
            if message is not None and case.now - message <= self.within:
                spans = [(message, message + self.within)]
                return Lift(
                    spans=spans,
                    reason="one answer to the consumer's own message",
                    answers=message,
                )
            return Lift(
                spans=(), reason="no message of the consumer is left to answer", failed=True
            )
        last = case.last_exchange()
        if last is not None and case.now - last <= self.exchange:
            return Lift(
                spans=(),
                reason="not the one answer, by the same medium, that is allowed",
                failed=True,
            )
        return None


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
