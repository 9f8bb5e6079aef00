"""Hours: local times at which contact is open, judged at dialing or sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import EllipsisType
from typing import Any

from compliance import fields, holidays
from compliance.case import Case
from compliance.consents import agreed
from compliance.facts import Channel, Consent
from compliance.permit import Verdict
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, Span
from compliance.zones import Zone, zone

NAME = "hours"


def _holiday_list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of holidays is needed")
    return tuple(holidays.check(str(v)) for v in value)


def _clock(value: object) -> Zone | None:
    if value == "consumer":
        return None
    if not isinstance(value, str) or not value.startswith("fixed:"):
        raise ValueError('"consumer" or "fixed:" and an IANA zone is needed')
    fixed = zone(value.removeprefix("fixed:"))
    if fixed is None:
        raise ValueError(f"{value!r} names no zone of the tz database")
    return fixed


FIELDS: Mapping[str, fields.Field] = {
    "open": fields.clock("local time at which contact opens on a day with no hours of its own"),
    "close": fields.clock("local time at which it closes (half-open)"),
    **{d: fields.span_pair(f"hours on this weekday ({d})") for d in holidays.WEEKDAYS},
    "holiday": fields.span_pair("hours on holidays; absent = holidays are ordinary days"),
    "holidays": fields.Field(
        read=_holiday_list,
        schema={"type": "array", "items": {"type": "string"}},
        about="the statute's own holidays, in the notation of compliance/holidays.py",
        default=(),
    ),
    "clock": fields.Field(
        read=_clock,
        schema={"type": "string", "pattern": "^(consumer|fixed:.+)$"},
        about='"consumer" (every zone the person may be in must be open) or "fixed:<zone>"',
    ),
    "number_kinds": fields.words("only for numbers of these kinds, such as workplace"),
    "agreement": fields.choice(
        "what hours agreed with the consumer do: lift the rule, displace it, or nothing",
        ("lifts", "displaces", "none"),
        default="none",
    ),
    "agreed_with": fields.words("to whom such an agreement must be given; absent = to anyone"),
    "off_when_days_past_due_over": fields.number("the rule is off above this many days past due"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Open minutes of the day for Monday to Sunday, and for holidays (`...` = as the weekday)."""

    week: tuple[tuple[int, int] | None, ...]
    holiday: tuple[int, int] | EllipsisType | None
    holidays: tuple[str, ...]

    def open_minutes(self, ordinal: int, extra: frozenset[date]) -> tuple[int, int] | None:
        """The open minutes [from, to) of a local date, or None where it is closed all day."""
        if not isinstance(self.holiday, EllipsisType):
            day = date.fromordinal(ordinal)
            if day in extra or day in holidays.days(self.holidays, day.year):
                return self.holiday
        return self.week[(ordinal + 6) % 7]


Closed = Callable[[Zone, int, frozenset[date]], tuple[Span, ...]]
"""What is closed in a zone on a local date (by its ordinal), given further holidays."""


def closed_by(table: Table) -> Closed:
    """The closed spans by a table; those of the thousand dates last asked for are kept."""

    @lru_cache(maxsize=1024)
    def closed(where: Zone, ordinal: int, extra: frozenset[date]) -> tuple[Span, ...]:
        start, end = where.midnight(ordinal), where.midnight(ordinal + 1)
        opening = table.open_minutes(ordinal, extra)
        if opening is None:
            return ((start, end),)
        opens = where.at(ordinal, opening[0], latest=True)
        closes = where.at(ordinal, opening[1], latest=False)
        if opens >= closes:
            return ((start, end),)
        return (start, opens), (closes, end)

    return closed


class Calendar:
    """Closed time by a table of hours, in every one of several zones."""

    __slots__ = ("_closed", "_extra", "_zones")

    def __init__(self, closed: Closed, zones: Sequence[Zone], extra: frozenset[date]) -> None:
        self._closed = closed
        self._zones = zones
        self._extra = extra

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The closed spans of the dates that meet [start, end)."""
        spans: list[Span] = []
        for where in self._zones:
            for ordinal in where.dates(start, end):
                spans.extend(self._closed(where, ordinal, self._extra))
        return spans


@dataclass(frozen=True, slots=True)
class Hours(Clause):
    """Contact is open at these local times only."""

    table: Table
    fixed: Zone | None
    number_kinds: frozenset[str]
    agreement: str
    agreed_with: frozenset[str]
    past_due_over: int | None
    closed: Closed = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "closed", closed_by(self.table))

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed outside the hours, in any zone the person may be in."""
        if self.number_kinds and case.number_kind not in self.number_kinds:
            return None
        facts = case.facts
        extra = facts.holidays if self.table.holiday is not ... else frozenset()
        reading = Reading(
            closed=Calendar(self.closed, case.clock(self.fixed), extra),
            reason="outside the permitted local hours",
            unlock="a place is ruled out: no hour suits all the places where the consumer may be",
        )
        overdue = facts.days_past_due
        if self.past_due_over is not None and overdue is not None and overdue > self.past_due_over:
            reading.lifts = [ALWAYS]
            reading.lift_reason = f"{overdue} days past due, more than {self.past_due_over}"
        elif self.agreement != "none" and facts.consents:
            reading.lifts = agreed(case, self._accepts)
            reading.lift_reason = "the consumer agreed to these hours"
            if self.agreement == "displaces":
                reading.lift_shows = Verdict.NOT_APPLICABLE
        return reading

    def _accepts(self, consent: Consent) -> bool:
        """An agreement on hours names them; to whom it was given may matter."""
        if consent.opens is None:
            return False
        return not self.agreed_with or consent.given_to in self.agreed_with


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Hours:
    """The clause of one table."""
    opens, closes = values["open"], values["close"]
    if (opens is None) != (closes is None):
        raise fields.FieldError("open", "open and close come together")
    if opens is not None and opens >= closes:
        raise fields.FieldError("open", "the hours must open before they close")
    week: list[tuple[int, int] | None] = []
    for weekday in holidays.WEEKDAYS:
        own = values[weekday]
        if own is ... and opens is None:
            raise fields.FieldError("", f"no hours for {weekday}: give open and close")
        week.append((opens, closes) if own is ... else own)
    if values["holidays"] and values["holiday"] is ...:
        raise fields.FieldError("holidays", "say what holds on holidays with the key holiday")
    return Hours(
        table=Table(tuple(week), values["holiday"], values["holidays"]),
        fixed=values["clock"],
        number_kinds=frozenset(values["number_kinds"]),
        agreement=values["agreement"],
        agreed_with=frozenset(values["agreed_with"]),
        past_due_over=values["off_when_days_past_due_over"],
    )
