"""Cooldown: no contact for a time after an event, such as a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.kinds import counting
from compliance.kinds.counting import Events
from compliance.kinds.periods import Dates, Elapsed, Period
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, Fixed

NAME = "cooldown"

FIELDS: Mapping[str, fields.Field] = {
    **counting.FIELDS,
    "after": fields.choice("the event that starts it", counting.COUNTS, required=True),
    "days": fields.number("local dates barred; the day of the event is day 1", minimum=1),
    "minutes": fields.number("minutes barred after the event", minimum=1),
}


@dataclass(frozen=True, slots=True)
class Cooldown(Clause):
    """Closed for a period after the latest event."""

    select: counting.Selection
    label: str
    period: Period

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until the time after the latest event has passed, for every debt asked about."""
        select = self.select
        if not select.concerns(case):
            return None
        reading = Reading()
        until = select.unknown_until(case, self.period, reading, f"{self.label} is assumed")
        counted = select.counted(case)
        for debt in select.debts(case):
            end = self._end(case, select.times(case, counted, debt))
            if end > case.now:
                until = max(until, end)
                reading.reason = f"{self.label} lately"
                self._blame(case, counted, debt, reading)
        if until > case.now:
            reading.closed = Fixed((EARLIEST, until))
        return reading

    def counts(self) -> tuple[timedelta, int]:
        """The time barred, and the channels counted."""
        return self.period.back, self.select.any_of

    def _end(self, case: Case, times: list[datetime]) -> datetime:
        if not times:
            return EARLIEST
        return self.period.lapses(max(times), self.select.zones(case))

    def _blame(self, case: Case, counted: Events, debt: int, reading: Reading) -> None:
        """Name the rule of scope where the event was about another debt of the group."""
        grouped_by = self.select.grouped_by
        if grouped_by is None or not case.facts.debt_groups:
            return
        alone = self.select.times(case, counted, debt, grouped=False)
        if self._end(case, alone) <= case.now:
            reading.blames = (grouped_by,)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Cooldown:
    """The clause of one table."""
    days, minutes = values["days"], values["minutes"]
    if (days is None) == (minutes is None):
        raise fields.FieldError("days", "give either days or minutes")
    return Cooldown(
        select=counting.selection(values, values["after"], channels),
        label=values["after"],
        period=Dates(days) if minutes is None else Elapsed(timedelta(minutes=minutes)),
    )
