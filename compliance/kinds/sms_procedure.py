"""Texts to numbers from which the consumer texted, or for which they consented, lately."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, Direction
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, Fixed, minus

NAME = "sms_procedure"


FIELDS: Mapping[str, fields.Field] = {
    "days": fields.number("a text, consent or look-up holds for so many days", required=True),
    "given_to": fields.words("to whom a consent must have been given", required=True),
}


@dataclass(frozen=True, slots=True)
class SmsProcedure(Clause):
    """The consumer texted from the number, or consented to texts, lately."""

    days: int
    given_to: frozenset[str]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed outside the days after a text, consent or look-up; the last needs one before."""
        lately = list(self._texts_and_consents(case))
        checked = None if case.point is None else case.point.reassigned_check_at
        if checked is not None and lately and checked >= min(lately):
            lately.append(checked)
        opened = [(at, at + timedelta(days=self.days)) for at in lately]
        return Reading(
            closed=Fixed(*minus(ALWAYS.spans, opened)),
            reason=f"no text from the consumer or direct consent in {self.days} days",
        )

    def _texts_and_consents(self, case: Case) -> Iterator[datetime]:
        point = case.request.contact_point
        texts = [
            e
            for e in case.facts.history
            if e.channel is Channel.SMS and e.direction is Direction.IN and e.at <= case.now
        ]
        for at, mask in case.masked(texts):
            if mask & bits.SAME_NUMBER and not mask & bits.OPT_OUT_WORD:
                yield at
        for c in case.facts.consents:
            if (
                c.channel is Channel.SMS
                and c.given_to in self.given_to
                and c.contact_point in (None, point)
                and c.given_at <= case.now
                and (c.revoked_at is None or c.revoked_at > case.now)
            ):
                yield c.given_at


def build(values: dict[str, Any], channels: frozenset[Channel]) -> SmsProcedure:
    """The clause of one table."""
    return SmsProcedure(days=values["days"], given_to=frozenset(values["given_to"]))
