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
    "always": fields.flag("whatever the employer says; another contact needs a good reason"),
}


@dataclass(frozen=True, slots=True)
class Workplace(Clause):
    """No calls to work where the employer forbids them, or none at all."""

    number_kinds: frozenset[str]
    always: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to numbers at the workplace that the employer or the law bars."""
        if case.number_kind not in self.number_kinds:
            return None
        if case.facts.employer_prohibits:
            return Reading(closed=ALWAYS, reason="the employer does not allow such calls")
        if self.always:
            return Reading(closed=ALWAYS, reason="no contact at the workplace without good reason")
        return None


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Workplace:
    """The clause of one table."""
    return Workplace(number_kinds=frozenset(values["number_kinds"]), always=values["always"])
