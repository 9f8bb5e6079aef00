"""How long an event weighs on a count: so many local dates, or so much time on the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from compliance.windows import EARLIEST, FAR
from compliance.zones import Zone


class Period(Protocol):
    """How long an event weighs, by the clocks of `zones`."""

    @property
    def back(self) -> timedelta:
        """How far back an event can lie that still weighs, and somewhat more."""
        ...

    def lapses(self, at: datetime, zones: Sequence[Zone]) -> datetime:
        """The instant from which an event of `at` weighs no more in any zone."""
        ...

    def begins(self, now: datetime, zones: Sequence[Zone]) -> datetime:
        """The instant from which events weigh at `now` in some zone."""
        ...

    def known(self, since: datetime, zones: Sequence[Zone]) -> datetime:
        """The instant from which all that may weigh is known, where history is known `since`."""
        ...


@dataclass(frozen=True, slots=True)
class Dates:
    """So many local dates; that of the event is the first."""

    days: int

    @property
    def back(self) -> timedelta:
        """The dates with a day on either side for the zones."""
        return timedelta(days=self.days + 2)

    def lapses(self, at: datetime, zones: Sequence[Zone]) -> datetime:
        """The midnight after the last of the dates."""
        return max([z.midnight(z.ordinal(at) + self.days) for z in zones])

    def begins(self, now: datetime, zones: Sequence[Zone]) -> datetime:
        """The midnight before the first of the dates that end today."""
        return min([z.midnight(z.ordinal(now) - self.days + 1) for z in zones])

    def known(self, since: datetime, zones: Sequence[Zone]) -> datetime:
        """The midnight before the last of the dates of which the first is known in full."""
        ends = EARLIEST
        for z in zones:
            first = z.ordinal(since)
            if z.midnight(first) < since:
                first += 1
            ends = max(ends, z.midnight(first + self.days - 1))
        return ends


@dataclass(frozen=True, slots=True)
class Elapsed:
    """So much time on the clock, whatever the date."""

    back: timedelta

    def lapses(self, at: datetime, zones: Sequence[Zone]) -> datetime:
        """So much time later."""
        return at + self.back

    def begins(self, now: datetime, zones: Sequence[Zone]) -> datetime:
        """So much time earlier."""
        return now - self.back

    def known(self, since: datetime, zones: Sequence[Zone]) -> datetime:
        """So much time later."""
        return since + self.back


@dataclass(frozen=True, slots=True)
class Ever:
    """For good, once it has happened. Who is worked for ten years is taken to be known in full."""

    back: timedelta = timedelta(days=3652)

    def lapses(self, at: datetime, zones: Sequence[Zone]) -> datetime:
        """Never by itself."""
        return FAR

    def begins(self, now: datetime, zones: Sequence[Zone]) -> datetime:
        """As far back as is read."""
        return now - self.back

    def known(self, since: datetime, zones: Sequence[Zone]) -> datetime:
        """When as much is known as is read."""
        return since + self.back
