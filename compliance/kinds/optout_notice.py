"""The statement, in every message, of how to opt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.permit import Condition
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS

NAME = "optout_notice"


FIELDS: Mapping[str, fields.Field] = {}


@dataclass(frozen=True, slots=True)
class OptOutNotice(Clause):
    """Every message says how to opt out."""

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed to a message known to lack the statement; the permit demands it otherwise."""
        if case.request.has_optout_notice is not False:
            return None
        return Reading(closed=ALWAYS, reason="the message does not say how to opt out")

    def conditions(self, rule: Rule) -> Sequence[Condition]:
        """The statement is due in every message."""
        return [Condition(name="optout_notice", value="required", rule_id=rule.rule_id)]


def build(values: dict[str, Any], channels: frozenset[Channel]) -> OptOutNotice:
    """The clause of one table."""
    return OptOutNotice()
