"""E-mail to addresses that the employer provides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS

NAME = "work_email"


FIELDS: Mapping[str, fields.Field] = {
    "address_kinds": fields.words("kinds of address that the employer provides", required=True),
    "unless_basis": fields.words("bases that allow it", required=True),
}


@dataclass(frozen=True, slots=True)
class WorkEmail(Clause):
    """No e-mail to an address that the employer provides."""

    address_kinds: frozenset[str]
    unless_basis: frozenset[str]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to such an address without the consumer's own use or consent."""
        point = case.point
        if point is None or point.kind not in self.address_kinds:
            return None
        if point.email_basis in self.unless_basis:
            return None
        return Reading(closed=ALWAYS, reason="the employer provides this address")


def build(values: dict[str, Any], channels: frozenset[Channel]) -> WorkEmail:
    """The clause of one table."""
    return WorkEmail(
        address_kinds=frozenset(values["address_kinds"]),
        unless_basis=frozenset(values["unless_basis"]),
    )
