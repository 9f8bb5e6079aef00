"""A written notice that goes ahead of the first demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, EARLIEST, Fixed

NAME = "first_notice"


FIELDS: Mapping[str, fields.Field] = {
    "days": fields.number("days from sending the notice to the first contact", required=True),
}


@dataclass(frozen=True, slots=True)
class FirstNotice(Clause):
    """A written notice goes ahead of the first demand."""

    days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until so many dates after the notice was sent; for good where none was."""
        sent = case.facts.notice_sent
        if sent is None:
            return Reading(closed=ALWAYS, reason="no written notice is recorded")
        opens = max(z.midnight(sent.toordinal() + self.days) for z in case.zones)
        return Reading(
            closed=Fixed((EARLIEST, opens)), reason=f"{self.days} days from the notice have not run"
        )


def build(values: dict[str, Any], channels: frozenset[Channel]) -> FirstNotice:
    """The clause of one table."""
    return FirstNotice(days=values["days"])
