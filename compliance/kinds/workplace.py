"""Calls to a workplace where the employer forbids them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS

NAME = "workplace"


FIELDS: Mapping[str, fields.Field] = {
    "number_kinds": fields.words("kinds of number at the workplace", required=True),
}


@dataclass(frozen=True, slots=True)
class Workplace(Clause):
    """No calls to work where the employer forbids them."""

    number_kinds: frozenset[str]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to numbers at the workplace while the employer is known to forbid it."""
        if case.number_kind not in self.number_kinds or not case.facts.employer_prohibits:
            return None
        return Reading(closed=ALWAYS, reason="the employer does not allow such calls")


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Workplace:
    """The clause of one table."""
    return Workplace(number_kinds=frozenset(values["number_kinds"]))
