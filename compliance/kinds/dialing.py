"""How to dial: the caller id, and how long to let it ring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.kinds import conditions

NAME = "dialing"


FIELDS: Mapping[str, fields.Field] = {
    "ring_seconds_min": fields.number("seconds to let it ring before giving up", minimum=1),
    "caller_id": fields.text("what the caller id must be"),
}


def build(values: dict[str, Any], channels: frozenset[Channel]) -> conditions.Conditions:
    """The clause of one table."""
    return conditions.of(
        ("ring_timeout_min", values["ring_seconds_min"]), ("caller_id", values["caller_id"])
    )
