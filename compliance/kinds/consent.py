"""Consents of the consumer, which lift other rules for a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.consents import agreed_spans, more_calls_spans
from compliance.facts import Channel, Consent
from compliance.rule import Clause, Lift, Rule

NAME = "consent"


FIELDS: Mapping[str, fields.Field] = {
    "given_to": fields.words("to whom it must have been given", required=True),
    "opens": fields.choice(
        "what it must name: local hours, or further calls within so many days",
        ("hours", "calls"),
        required=True,
    ),
    "days": fields.number("a consent to calls lasts so many dates; receipt is day 1", minimum=1),
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


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ConsentClause:
    """The clause of one table."""
    if (values["opens"] == "calls") != (values["days"] is not None):
        raise fields.FieldError("days", "a consent to calls, and no other, takes days")
    return ConsentClause(
        given_to=frozenset(values["given_to"]), opens=values["opens"], days=values["days"]
    )
