"""Something that must be said or done, carried by the permit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.kinds import conditions

NAME = "disclosure"


FIELDS: Mapping[str, fields.Field] = {
    "name": fields.text("name of the condition on the permit", required=True),
    "value": fields.text("what must be said or done", required=True),
}


def build(values: dict[str, Any], channels: frozenset[Channel]) -> conditions.Conditions:
    """The clause of one table."""
    return conditions.of((values["name"], values["value"]))
