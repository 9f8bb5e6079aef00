"""Times and places that the consumer said, or that are known, not to suit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, InconvenientTime
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed, Span
from compliance.zones import Zone

TIME_NAME = "inconvenient_time"
PLACE_NAME = "inconvenient_place"

TIME_FIELDS: Mapping[str, fields.Field] = {}
PLACE_FIELDS: Mapping[str, fields.Field] = {
    "place": fields.text("the place, as the consumer's limit names it", required=True),
    "number_kinds": fields.words("kinds of number or address that are at that place"),
    "letters": fields.flag("letters to the person go there too, unless another kind is known"),
}


class WeeklyBars:
    """The consumer's barred local hours, in any zone the person may be in."""

    __slots__ = ("_bars", "_zones")

    def __init__(self, bars: Sequence[InconvenientTime], zones: Sequence[Zone]) -> None:
        self._bars = bars
        self._zones = zones

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The barred spans that meet [start, end)."""
        spans: list[Span] = []
        for where in self._zones:
            for ordinal in range(where.ordinal(start) - 1, where.ordinal(end) + 1):
                for bar in self._bars:
                    if (ordinal + 6) % 7 in bar.weekdays:
                        spans.append(_bar(bar, where, ordinal))
        return [s for s in spans if s[0] < end and start < s[1]]


def _bar(bar: InconvenientTime, where: Zone, ordinal: int) -> Span:
    opens = bar.opens.hour * 60 + bar.opens.minute
    closes = 1440 if bar.closes is None else bar.closes.hour * 60 + bar.closes.minute
    if closes <= opens:
        closes += 1440
    return where.at(ordinal, opens, latest=False), where.at(ordinal, closes, latest=True)


@dataclass(frozen=True, slots=True)
class InconvenientTimeClause(Clause):
    """Closed at the times that do not suit."""

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed at every known inconvenient time, in any zone the person may be in."""
        bars = [
            t for t in case.facts.inconvenient_times if t.known_at is None or t.known_at <= case.now
        ]
        if not bars:
            return None
        return Reading(
            closed=WeeklyBars(bars, case.zones),
            reason="a time that does not suit the consumer",
            unlock="the consumer names a time that suits",
        )


@dataclass(frozen=True, slots=True)
class InconvenientPlaceClause(Clause):
    """Closed for numbers and mail at a place that does not suit."""

    place: str
    number_kinds: frozenset[str]
    letters: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good while the place is named and the number is known to be there."""
        if self.place not in case.facts.inconvenient_places:
            return None
        kind = case.number_kind
        here = kind in self.number_kinds
        if kind is None and self.letters and case.request.channel is Channel.LETTER:
            here = True
        if not here:
            return None
        return Reading(
            closed=Fixed((EARLIEST, FAR)),
            reason=f"the consumer said that {self.place} does not suit",
        )


def build_time(values: dict[str, Any], channels: frozenset[Channel]) -> InconvenientTimeClause:
    """The clause of one table."""
    return InconvenientTimeClause()


def build_place(values: dict[str, Any], channels: frozenset[Channel]) -> InconvenientPlaceClause:
    """The clause of one table."""
    return InconvenientPlaceClause(
        place=values["place"],
        number_kinds=frozenset(values["number_kinds"]),
        letters=values["letters"],
    )
