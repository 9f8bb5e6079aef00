"""Calendar arithmetic on dates: months that end early, periods of years, months and days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,5})D)?")


def add_months(day: date, months: int, *, day_of_month: int | None = None) -> date:
    """`day` moved by whole months; the last day of a month that is too short.

    `day_of_month` (1 to 31) is the day aimed at, by default that of `day`: a series that aims
    at the 31st comes back to it after February.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day_of_month or day.day, last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length of time in calendar units, such as a law's "two years"."""

    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ISO 8601 in years, months and days: P2Y, P1Y6M, P90D. Raises ValueError."""
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a period such as P2Y, P18M or P90D")
        years, months, days = (int(number or 0) for number in match.groups())
        return cls(months=years * 12 + months, days=days)

    def after(self, day: date) -> date:
        """The date this long after `day`."""
        return add_months(day, self.months) + timedelta(days=self.days)
