"""How long a record is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.kinds import conditions

NAME = "retention"


FIELDS: Mapping[str, fields.Field] = {
    "retain": conditions.period("how long the record is kept", required=True),
    "of": fields.text("what is kept", required=True),
    "counted_from": fields.text("from when", required=True),
}


def build(values: dict[str, Any], channels: frozenset[Channel]) -> conditions.Conditions:
    """The clause of one table."""
    return conditions.of(
        (f"retain_{values['of']}", f"{values['retain']} from {values['counted_from']}")
    )
