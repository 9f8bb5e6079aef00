"""Prior express consent to recorded and artificial voices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, Mode
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, Fixed, minus

NAME = "express_consent"


FIELDS: Mapping[str, fields.Field] = {
    "number_kinds": fields.words("kinds of number that need no such consent"),
    "ported_grace_days": fields.number("days after a move from landline to mobile", default=0),
}


@dataclass(frozen=True, slots=True)
class ExpressConsent(Clause):
    """Recorded and artificial voices to a mobile need prior express consent."""

    exempt_kinds: frozenset[str]
    ported_grace: timedelta

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good without consent; an unstated kind of number is taken for a mobile."""
        request, point = case.request, case.point
        if case.facts.tcpa_consent or case.number_kind in self.exempt_kinds:
            return None
        closed = list(ALWAYS.spans)
        if point is not None and point.ported_at is not None and request.mode is not Mode.AI_VOICE:
            closed = minus(closed, [(point.ported_at, point.ported_at + self.ported_grace)])
        return Reading(closed=Fixed(*closed), reason="no prior express consent is recorded")


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ExpressConsent:
    """The clause of one table."""
    return ExpressConsent(
        exempt_kinds=frozenset(values["number_kinds"]),
        ported_grace=timedelta(days=values["ported_grace_days"]),
    )
