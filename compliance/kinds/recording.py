"""Whether a call must be recorded, with what notice and consent, and how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.kinds import conditions

NAME = "recording"


FIELDS: Mapping[str, fields.Field] = {
    "required": fields.flag("the call must be recorded"),
    "notice": fields.choice(
        "notice of the recording that is due", ("before_content", "none"), default="none"
    ),
    "consent": fields.choice(
        "whose consent a recording needs", ("all_parties", "none"), default="none"
    ),
    "retain": conditions.period("how long a recording is kept at least"),
}


def build(values: dict[str, Any], channels: frozenset[Channel]) -> conditions.Conditions:
    """The clause of one table."""
    return conditions.of(
        ("record_call", "required" if values["required"] else None),
        ("recording_notice", values["notice"]),
        ("recording_consent", values["consent"]),
        ("retain_recording", values["retain"]),
    )
