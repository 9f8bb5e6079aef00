"""Places that the consumer said do not suit: a property of the number or address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS

NAME = "inconvenient_place"


FIELDS: Mapping[str, fields.Field] = {
    "place": fields.text("the place, as the consumer's limit names it", required=True),
    "number_kinds": fields.words("kinds of number or address that are at that place"),
    "letters": fields.flag("letters to the person go there too, unless another kind is known"),
}


@dataclass(frozen=True, slots=True)
class InconvenientPlaceClause(Clause):
    """Closed for numbers and mail at a place that does not suit."""

    place: str
    number_kinds: frozenset[str]
    letters: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good while the place is named and the number is known to be there."""
        if self.place not in case.facts.inconvenient_places:
            return None
        kind = case.number_kind
        here = kind in self.number_kinds
        if kind is None and self.letters and case.request.channel is Channel.LETTER:
            here = True
        if not here:
            return None
        return Reading(
            closed=ALWAYS,
            reason=f"the consumer said that {self.place} does not suit",
        )


def build(values: dict[str, Any], channels: frozenset[Channel]) -> InconvenientPlaceClause:
    """The clause of one table."""
    return InconvenientPlaceClause(
        place=values["place"],
        number_kinds=frozenset(values["number_kinds"]),
        letters=values["letters"],
    )
