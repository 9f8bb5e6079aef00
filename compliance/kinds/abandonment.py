"""The ceiling on calls that a live person answers and no agent takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.kinds import conditions

NAME = "abandonment"


FIELDS: Mapping[str, fields.Field] = {
    "cap_permille": fields.number("abandoned per thousand live answers", required=True),
    "period": fields.choice(
        "the period over which the rate is measured",
        ("day", "successive_days", "calendar_month", "monitored"),
        required=True,
    ),
    "days": fields.number("days of a successive period", minimum=1),
    "connect_seconds": fields.number("an agent must be there within so many seconds", minimum=1),
    "message": fields.text("the message due to a person whom no agent takes"),
}


def build(values: dict[str, Any], channels: frozenset[Channel]) -> conditions.Conditions:
    """The clause of one table."""
    if (values["period"] == "successive_days") != (values["days"] is not None):
        raise fields.FieldError("days", "successive_days, and no other period, takes days")
    span = f"P{values['days']}D" if values["days"] else values["period"]
    return conditions.of(
        ("abandonment_cap", f"{values['cap_permille']}/1000 per {span}"),
        ("connect_within_seconds", values["connect_seconds"]),
        ("abandonment_message", values["message"]),
    )
