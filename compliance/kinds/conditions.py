"""What the kinds that only lay down duties share: named conditions on every permit.

They forbid no contact; they tell the engine what it must do, and the auditor what was due.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compliance import fields
from compliance.permit import Condition
from compliance.rule import Clause, Rule

_FORM = "^P\\d+[YMD]$"
_PERIOD: Mapping[str, object] = {"type": "string", "pattern": _FORM}


def _period(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_FORM, value):
        raise ValueError(f"{value!r} is no period such as P3Y, P6M or P10D")
    return value


def period(about: str, *, required: bool = False) -> fields.Field:
    """A period of years, months or days."""
    return fields.Field(read=_period, schema=_PERIOD, about=about, required=required)


@dataclass(frozen=True, slots=True)
class Conditions(Clause):
    """Named conditions that every permit under the rule carries."""

    pairs: tuple[tuple[str, str], ...]

    def conditions(self, rule: Rule) -> Sequence[Condition]:
        """The rule's conditions."""
        return [Condition(name=n, value=v, rule_id=rule.rule_id) for n, v in self.pairs]


def of(*pairs: tuple[str, object]) -> Conditions:
    """The conditions of these names; those without a value are left out."""
    return Conditions(tuple((n, str(v)) for n, v in pairs if v not in (None, "none")))
