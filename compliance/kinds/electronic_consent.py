"""Consent that electronic messages need first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, EARLIEST, Fixed

NAME = "electronic_consent"


FIELDS: Mapping[str, fields.Field] = {
    "request_content": fields.text("content of the message that asks for the consent"),
    "request_days": fields.number("one such message in so many days", minimum=1, default=7),
}


@dataclass(frozen=True, slots=True)
class ElectronicConsent(Clause):
    """Electronic messages need consent first; one message may ask for it."""

    request_content: str | None
    request_days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed without consent; a request for consent, once in its days, is open."""
        if case.facts.electronic_consent:
            return None
        if self.request_content is None or case.request.content != self.request_content:
            return Reading(closed=ALWAYS, reason="no consent to electronic messages")
        need = bits.OUT | bits.SAME_PARTY
        media = sum(bits.CHANNEL_BIT[c] for c in rule.channels)
        asked = [at for at, mask in case.events() if mask & need == need and mask & media]
        if not asked:
            return None
        ends = max(z.midnight(z.ordinal(max(asked)) + self.request_days) for z in case.zones)
        return Reading(closed=Fixed((EARLIEST, ends)), reason="consent was asked for lately")


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ElectronicConsent:
    """The clause of one table."""
    return ElectronicConsent(
        request_content=values["request_content"], request_days=values["request_days"]
    )
