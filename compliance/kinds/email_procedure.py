"""E-mail addresses that were come by in a way that keeps the safe harbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, ContactPointFacts
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, EARLIEST, Fixed

NAME = "email_procedure"


FIELDS: Mapping[str, fields.Field] = {
    "own_bases": fields.words("bases that need no notice", required=True),
    "notice_basis": fields.text("the basis that runs by a notice with a date", required=True),
    "notice_days": fields.number("days to opt out that the notice must give", required=True),
}


@dataclass(frozen=True, slots=True)
class EmailProcedure(Clause):
    """The address was got by one of the procedures that keep the safe harbour."""

    own_bases: frozenset[str]
    notice_basis: str
    notice_days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed where the recorded basis is no procedure, or its notice has not run out."""
        point = case.point
        if point is None or point.email_basis is None:
            return None
        if point.opted_out:
            return Reading(closed=ALWAYS, reason="the consumer opted out of this address")
        if point.email_basis in self.own_bases:
            return None
        if point.email_basis != self.notice_basis:
            return Reading(closed=ALWAYS, reason=f"{point.email_basis!r} is none of the procedures")
        return self._by_notice(point, case)

    def _by_notice(self, point: ContactPointFacts, case: Case) -> Reading:
        sent, until = point.notice_sent, point.optout_by
        if sent is None or until is None:
            return Reading(closed=ALWAYS, reason="no notice with a date is recorded")
        if (until - sent).days < self.notice_days:
            return Reading(
                closed=ALWAYS, reason=f"the notice gave less than {self.notice_days} days"
            )
        opens = max(z.midnight(until.toordinal() + 1) for z in case.zones)
        return Reading(
            closed=Fixed((EARLIEST, opens)), reason="the time to opt out has not run out"
        )


def build(values: dict[str, Any], channels: frozenset[Channel]) -> EmailProcedure:
    """The clause of one table."""
    return EmailProcedure(
        own_bases=frozenset(values["own_bases"]),
        notice_basis=values["notice_basis"],
        notice_days=values["notice_days"],
    )
