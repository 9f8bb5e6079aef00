"""Cooldown: no contact for a time after an event, such as a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import Case, hours_unknown_until, unknown_until
from compliance.facts import Channel
from compliance.kinds import counting
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed

NAME = "cooldown"

FIELDS: Mapping[str, fields.Field] = {
    **counting.FIELDS,
    "after": fields.choice("the event that starts it", counting.COUNTS, required=True),
    "days": fields.number("local dates barred; the day of the event is day 1", minimum=1),
    "minutes": fields.number("minutes barred after the event", minimum=1),
}


@dataclass(frozen=True, slots=True)
class Cooldown(Clause):
    """Closed for `days` local dates or `minutes` after the latest event."""

    select: counting.Selection
    label: str
    days: int | None
    minutes: int | None

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until the time after the latest event has passed, for every debt asked about."""
        if not self.select.concerns(case):
            return None
        reading = Reading(reason=f"no {self.label} lately")
        until = self._unknown(case, reading)
        for debt in self.select.debts(case):
            end = self._end(case, self.select.times(case, debt))
            if end > case.now:
                until = max(until, end)
                reading.reason = f"{self.label} lately"
                self._blame(case, debt, reading)
        if until > case.now:
            reading.closed = Fixed((EARLIEST, until))
        return reading

    def counts(self) -> tuple[timedelta, int]:
        """The time barred, with a day on either side for the zones, and the channels counted."""
        back = timedelta(days=self.days + 2) if self.days else timedelta(minutes=self.minutes or 0)
        return back, self.select.any_of

    def _end(self, case: Case, times: list[datetime]) -> datetime:
        if not times:
            return EARLIEST
        latest = max(times)
        if self.days is None:
            return latest + timedelta(minutes=self.minutes or 0)
        return max(z.midnight(z.ordinal(latest) + self.days) for z in self.select.zones(case))

    def _unknown(self, case: Case, reading: Reading) -> datetime:
        known = case.facts.history_known_from
        if self.days is not None:
            end = unknown_until(known, self.days, self.select.zones(case))
        else:
            end = hours_unknown_until(known, timedelta(minutes=self.minutes or 0))
        if end is None:
            reading.unlock = counting.UNLOCK_HISTORY
            end = FAR
        if end > case.now:
            reading.reason = f"earlier contacts are not known, so {self.label} is assumed"
        return end

    def _blame(self, case: Case, debt: int, reading: Reading) -> None:
        grouped_by = self.select.grouped_by
        if grouped_by is not None:
            alone = self._end(case, self.select.times(case, debt, grouped=False))
            if alone <= case.now:
                reading.blames = (grouped_by,)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Cooldown:
    """The clause of one table."""
    if (values["days"] is None) == (values["minutes"] is None):
        raise fields.FieldError("days", "give either days or minutes")
    return Cooldown(
        select=counting.selection(values, values["after"], channels),
        label=values["after"],
        days=values["days"],
        minutes=values["minutes"],
    )
