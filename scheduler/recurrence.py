"""Something that comes again by the local calendar: each day, week or month at a time of day."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduler.calendar import add_months

_DAY = timedelta(days=1)


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """`weekday` (0 = Monday) is of a weekly one, `day` (1 to 31) of a monthly one.

    A month that is too short has its last day instead. Once a day at most: the first of two
    instants where clocks go back, and as much later as they went forward where `at` is left out.
    """

    every: Every
    at: time
    zone: ZoneInfo
    weekday: int = 0
    day: int = 1

    def next_after(self, instant: datetime) -> datetime:
        """The first instant (UTC) of it that is later than this one."""
        due = self._due(instant.astimezone(self.zone).date() - _DAY)
        while (at := self._at(due)) <= instant:
            due = self._due(due + _DAY)
        return at

    def covered(self, due: datetime) -> tuple[date, date]:
        """The whole local days before an instant of it, since the one before: first and last."""
        day = due.astimezone(self.zone).date()
        match self.every:
            case Every.DAY:
                first = day - _DAY
            case Every.WEEK:
                first = day - timedelta(days=7)
            case Every.MONTH:
                first = add_months(day, -1, day_of_month=self.day)
        return first, day - _DAY

    def last_until(self, due: datetime, instant: datetime) -> datetime:
        """The last instant of it from `due`, itself one, up to and with this one."""
        while (following := self.next_after(due)) <= instant:
            due = following
        return due

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, self.at, tzinfo=self.zone).astimezone(UTC)

    def _due(self, day: date) -> date:
        """The first day of it from this one on."""
        match self.every:
            case Every.DAY:
                return day
            case Every.WEEK:
                return day + timedelta(days=(self.weekday - day.weekday()) % 7)
            case Every.MONTH:
                here = day.replace(day=min(self.day, monthrange(day.year, day.month)[1]))
                return here if here >= day else add_months(here, 1, day_of_month=self.day)
