"""Times that the consumer said, or that are known, not to suit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, InconvenientTime
from compliance.rule import Clause, Reading, Rule
from compliance.windows import Span
from compliance.zones import Zone

NAME = "inconvenient_time"


FIELDS: Mapping[str, fields.Field] = {}


class WeeklyBars:
    """The consumer's barred local hours, in any zone the person may be in."""

    __slots__ = ("_bars", "_zones")

    def __init__(self, bars: Sequence[InconvenientTime], zones: Sequence[Zone]) -> None:
        self._bars = bars
        self._zones = zones

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The barred spans of the dates that meet [start, end), and of the date before."""
        return [
            _bar(bar, where, ordinal)
            for where in self._zones
            for ordinal in where.dates(start, end, eve=True)
            for bar in self._bars
            if (ordinal + 6) % 7 in bar.weekdays
        ]


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


def build(values: dict[str, Any], channels: frozenset[Channel]) -> InconvenientTimeClause:
    """The clause of one table."""
    return InconvenientTimeClause()
