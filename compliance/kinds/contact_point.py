"""Contact points known to be dead, or not to be the consumer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, FAR, Fixed

NAME = "contact_point"

FIELDS: Mapping[str, fields.Field] = {}


@dataclass(frozen=True, slots=True)
class UsableContactPoint(Clause):
    """No contact by a number or address that is invalid or belongs to someone else."""

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to an invalid one; to a wrong one from when that was learned."""
        point = case.point
        if point is None:
            return None
        if not point.valid:
            return Reading(closed=ALWAYS, reason="not a valid number or address")
        if point.wrong_since is None:
            return None
        return Reading(
            closed=Fixed((point.wrong_since, FAR)), reason="learned not to be the consumer's"
        )


def build(values: dict[str, Any], channels: frozenset[Channel]) -> UsableContactPoint:
    """The clause of one table."""
    return UsableContactPoint()
