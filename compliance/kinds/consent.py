"""Consents of the consumer, which lift other rules for a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.consents import Agreed, asked_for, holding, more_calls, won_in
from compliance.facts import Channel, Consent
from compliance.rule import Clause, Lift, Rule

NAME = "consent"
_REASON = "the consumer consented to this"


FIELDS: Mapping[str, fields.Field] = {
    "given_to": fields.words("to whom it must have been given", required=True),
    "opens": fields.choice(
        "what it must name: local hours, or further calls within so many days",
        ("hours", "calls"),
        required=True,
    ),
    "not_in_barred_contact": fields.flag(
        "a consent to hours won in a contact of ours at a time so barred opens none"
    ),
    "days": fields.number("a consent to calls lasts so many dates; receipt is day 1", minimum=1),
}


@dataclass(frozen=True, slots=True)
class ConsentClause(Clause):
    """A consent of the consumer opens time that other rules close.

    It opens further calls for `days` dates, or the hours that it names where `days` is None.
    """

    given_to: frozenset[str]
    not_in_barred_contact: bool
    days: int | None

    def lift(self, rule: Rule, case: Case) -> Lift | None:
        """The time that valid consents for this contact open."""
        if not case.facts.consents:
            return None
        if self.days is not None:
            return Lift(time=more_calls(case, self._accepts, self.days), reason=_REASON)
        free: list[Agreed] = []
        won: list[tuple[datetime, Agreed]] = []
        for consent, held in holding(case, self._accepts):
            talk = won_in(consent, case) if self.not_in_barred_contact else None
            named = Agreed(consent, held, case)
            if talk is None:
                free.append(named)
            else:
                won.append((talk, named))
        return Lift(time=free, won=won, reason=_REASON)

    def _accepts(self, consent: Consent) -> bool:
        """A general leave to use a channel says nothing of more calls: the words must be known."""
        named = consent.opens is not None if self.days is None else asked_for(consent)
        return consent.given_to in self.given_to and named


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ConsentClause:
    """The clause of one table."""
    if (values["opens"] == "calls") != (values["days"] is not None):
        raise fields.FieldError("days", "a consent to calls, and no other, takes days")
    return ConsentClause(
        given_to=frozenset(values["given_to"]),
        not_in_barred_contact=values["not_in_barred_contact"],
        days=values["days"],
    )
