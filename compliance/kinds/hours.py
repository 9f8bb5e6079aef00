"""Hours: local times at which contact is open, judged at dialing or sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import EllipsisType
from typing import Any

from compliance import fields, holidays
from compliance.case import Case
from compliance.consents import agreed_spans
from compliance.facts import Channel, Consent
from compliance.permit import Verdict
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Span
from compliance.zones import Zone, zone

NAME = "hours"


def _holiday_list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of holidays is needed")
    return tuple(holidays.check(str(v)) for v in value)


def _clock(value: object) -> str:
    if value == "consumer":
        return "consumer"
    if not isinstance(value, str) or not value.startswith("fixed:"):
        raise ValueError('"consumer" or "fixed:" and an IANA zone is needed')
    if zone(value.removeprefix("fixed:")) is None:
        raise ValueError(f"{value.removeprefix('fixed:')!r} is no zone of the tz database")
    return value


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
        default="consumer",
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


@lru_cache(maxsize=65536)
def _closed_on(table: Table, where: Zone, ordinal: int, extra: frozenset[date]) -> tuple[Span, ...]:
    start, end = where.midnight(ordinal), where.midnight(ordinal + 1)
    opening = table.open_minutes(ordinal, extra)
    if opening is None:
        return ((start, end),)
    opens = where.at(ordinal, opening[0], latest=True)
    closes = where.at(ordinal, opening[1], latest=False)
    if opens >= closes:
        return ((start, end),)
    return tuple(s for s in ((start, opens), (closes, end)) if s[0] < s[1])


class Calendar:
    """Closed time by a table of hours, in every one of several zones."""

    __slots__ = ("_extra", "_table", "_zones")

    def __init__(self, table: Table, zones: Sequence[Zone], extra: frozenset[date]) -> None:
        self._table = table
        self._zones = zones
        self._extra = extra

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The closed spans that meet [start, end)."""
        spans: list[Span] = []
        for where in self._zones:
            first = where.ordinal(start)
            for ordinal in range(first, where.ordinal(end) + 1):
                spans.extend(
                    s
                    for s in _closed_on(self._table, where, ordinal, self._extra)
                    if s[0] < end and start < s[1]
                )
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

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed outside the hours, in any zone the person may be in."""
        if self.number_kinds and case.number_kind not in self.number_kinds:
            return None
        facts = case.facts
        extra = facts.holidays if self.table.holiday is not ... else frozenset()
        reading = Reading(
            closed=Calendar(self.table, case.clock(self.fixed), extra),
            reason="outside the permitted local hours",
            unlock="a place is ruled out: no hour suits all the places where the consumer may be",
        )
        overdue = facts.days_past_due
        if self.past_due_over is not None and overdue is not None and overdue > self.past_due_over:
            reading.lifts = ((EARLIEST, FAR),)
            reading.lift_reason = f"{overdue} days past due, more than {self.past_due_over}"
        elif self.agreement != "none" and facts.consents:
            reading.lifts = agreed_spans(case, self._accepts)
            reading.lift_reason = "the consumer agreed to these hours"
            if self.agreement == "displaces":
                reading.lift_shows = Verdict.NOT_APPLICABLE
        return reading

    def _accepts(self, consent: Consent) -> bool:
        return not self.agreed_with or consent.given_to in self.agreed_with


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Hours:
    """The clause of one table."""
    general = (values["open"], values["close"])
    if (general[0] is None) != (general[1] is None):
        raise fields.FieldError("open", "open and close come together")
    if general[0] is not None and general[0] >= general[1]:
        raise fields.FieldError("open", "the hours must open before they close")
    week: list[tuple[int, int] | None] = []
    for weekday in holidays.WEEKDAYS:
        own = values[weekday]
        if own is ...:
            if general[0] is None:
                raise fields.FieldError("", f"no hours for {weekday}: give open and close")
            own = general
        week.append(own)
    if values["holidays"] and values["holiday"] is ...:
        raise fields.FieldError("holidays", "say what holds on holidays with the key holiday")
    fixed = values["clock"].removeprefix("fixed:")
    return Hours(
        table=Table(tuple(week), values["holiday"], values["holidays"]),
        fixed=None if fixed == "consumer" else zone(fixed),
        number_kinds=frozenset(values["number_kinds"]),
        agreement=values["agreement"],
        agreed_with=frozenset(values["agreed_with"]),
        past_due_over=values["off_when_days_past_due_over"],
    )
