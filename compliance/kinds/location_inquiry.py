"""The one question to a third person about where the consumer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.kinds.counting import UNLOCK_HISTORY
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS

NAME = "location_inquiry"


FIELDS: Mapping[str, fields.Field] = {}


@dataclass(frozen=True, slots=True)
class LocationInquiry(Clause):
    """A person is asked once for the consumer's location."""

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good once this third person has answered."""
        reading = Reading(closed=ALWAYS)
        if case.facts.history_known_from is None:
            reading.reason = "it is not known whether this person was asked before"
            reading.unlock = UNLOCK_HISTORY
            return reading
        if case.some(bits.TALK | bits.SAME_PARTY):
            reading.reason = "this person has already been asked"
            return reading
        return None


def build(values: dict[str, Any], channels: frozenset[Channel]) -> LocationInquiry:
    """The clause of one table."""
    return LocationInquiry()
