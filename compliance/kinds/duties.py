"""Duties that come with a permit: disclosures, recording, caller id, ringing, abandonment.

They forbid no contact; they tell the engine what it must do, and the auditor what was due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.permit import Condition
from compliance.rule import Clause, Rule

DISCLOSURE_NAME = "disclosure"
RECORDING_NAME = "recording"
DIALING_NAME = "dialing"
ABANDONMENT_NAME = "abandonment"
RETENTION_NAME = "retention"
DUTY_NAME = "duty"
SCOPE_NAME = "scope"
EXCLUSION_NAME = "exclusion"

_PERIOD: Mapping[str, object] = {"type": "string", "pattern": "^P\\d+[YMD]$"}


def _period(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if len(text) < 3 or text[0] != "P" or text[-1] not in "YMD" or not text[1:-1].isdigit():
        raise ValueError(f"{value!r} is no period such as P3Y, P6M or P10D")
    return text


def period(about: str, *, required: bool = False) -> fields.Field:
    """A period of years, months or days."""
    return fields.Field(read=_period, schema=_PERIOD, about=about, required=required)


DISCLOSURE_FIELDS: Mapping[str, fields.Field] = {
    "name": fields.text("name of the condition on the permit", required=True),
    "value": fields.text("what must be said or done", required=True),
}
RECORDING_FIELDS: Mapping[str, fields.Field] = {
    "required": fields.flag("the call must be recorded"),
    "notice": fields.choice(
        "notice of the recording that is due", ("before_content", "none"), default="none"
    ),
    "consent": fields.choice(
        "whose consent a recording needs", ("all_parties", "none"), default="none"
    ),
    "retain": period("how long a recording is kept at least"),
}
DIALING_FIELDS: Mapping[str, fields.Field] = {
    "ring_seconds_min": fields.number("seconds to let it ring before giving up", minimum=1),
    "caller_id": fields.text("what the caller id must be"),
}
ABANDONMENT_FIELDS: Mapping[str, fields.Field] = {
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
RETENTION_FIELDS: Mapping[str, fields.Field] = {
    "retain": period("how long the record is kept", required=True),
    "of": fields.text("what is kept", required=True),
    "counted_from": fields.text("from when", required=True),
}
DUTY_FIELDS: Mapping[str, fields.Field] = {}
SCOPE_FIELDS: Mapping[str, fields.Field] = {}


@dataclass(frozen=True, slots=True)
class Conditions(Clause):
    """Named conditions that every permit under the rule carries."""

    pairs: tuple[tuple[str, str], ...]

    def conditions(self, rule: Rule) -> Sequence[Condition]:
        """The rule's conditions."""
        return [Condition(name=n, value=v, rule_id=rule.rule_id) for n, v in self.pairs]


@dataclass(frozen=True, slots=True)
class Documented(Clause):
    """Law that people or templates keep; shown to the auditor, decided elsewhere."""


def _pairs(*pairs: tuple[str, object]) -> Conditions:
    return Conditions(tuple((n, str(v)) for n, v in pairs if v not in (None, False, "none")))


def build_disclosure(values: dict[str, Any], channels: frozenset[Channel]) -> Conditions:
    """The clause of one table."""
    return _pairs((values["name"], values["value"]))


def build_recording(values: dict[str, Any], channels: frozenset[Channel]) -> Conditions:
    """The clause of one table."""
    return _pairs(
        ("record_call", "required" if values["required"] else None),
        ("recording_notice", values["notice"]),
        ("recording_consent", values["consent"]),
        ("retain_recording", values["retain"]),
    )


def build_dialing(values: dict[str, Any], channels: frozenset[Channel]) -> Conditions:
    """The clause of one table."""
    return _pairs(
        ("ring_timeout_min", values["ring_seconds_min"]), ("caller_id", values["caller_id"])
    )


def build_abandonment(values: dict[str, Any], channels: frozenset[Channel]) -> Conditions:
    """The clause of one table."""
    if (values["period"] == "successive_days") != (values["days"] is not None):
        raise fields.FieldError("days", "successive_days, and no other period, takes days")
    span = f"P{values['days']}D" if values["days"] else values["period"]
    return _pairs(
        ("abandonment_cap", f"{values['cap_permille']}/1000 per {span}"),
        ("connect_within_seconds", values["connect_seconds"]),
        ("abandonment_message", values["message"]),
    )


def build_retention(values: dict[str, Any], channels: frozenset[Channel]) -> Conditions:
    """The clause of one table."""
    return _pairs((f"retain_{values['of']}", f"{values['retain']} from {values['counted_from']}"))


def build_documented(values: dict[str, Any], channels: frozenset[Channel]) -> Documented:
    """The clause of one table."""
    return Documented()
