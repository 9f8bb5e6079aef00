"""Civil time from the pinned `tzdata` package, never from the machine.

The same instant and zone give the same local date on every machine, and the release of the zone
database is part of each decision.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import import_module, resources
from zoneinfo import ZoneInfo

_NAME = re.compile(r"^[A-Za-z0-9_+-]+$")

TZ_VERSION: str = import_module("tzdata").IANA_VERSION
"""The release of the tz database that decides local times, such as `2026a`."""


class Zone:
    """One IANA zone: local dates of instants, and the instants of local dates and times."""

    __slots__ = ("_midnights", "info", "key")

    def __init__(self, key: str, info: ZoneInfo) -> None:
        self.key = key
        self.info = info
        self._midnights: dict[int, datetime] = {}

    def ordinal(self, at: datetime) -> int:
        """The proleptic ordinal of the local date at an instant."""
        day = at.toordinal()
        while at < self.midnight(day):
            day -= 1
        while at >= self.midnight(day + 1):
            day += 1
        return day

    def midnight(self, ordinal: int) -> datetime:
        """The instant (UTC) at which the local date with this ordinal begins.

        Where midnight comes twice it is the first one, where it is skipped the leap itself.
        """
        found = self._midnights.get(ordinal)
        if found is None:
            local = datetime.combine(date.fromordinal(ordinal), time(), tzinfo=self.info)
            found = self._midnights[ordinal] = local.astimezone(UTC)
        return found

    def dates(self, start: datetime, end: datetime, *, eve: bool = False) -> range:
        """Ordinals of the local dates that meet [start, end), start < end.

        With `eve` also the date before, whose hours may run past its midnight.
        """
        first = last = self.ordinal(start)
        while self.midnight(last + 1) < end:
            last += 1
        return range(first - eve, last + 1)

    def at(self, ordinal: int, minute: int, *, latest: bool) -> datetime:
        """The instant of a local minute of the day (0..1440).

        Where clocks go back a local time comes twice, where they go forward not at all: `latest`
        takes the later of the two readings, else the earlier.
        """
        return _readings(self.info, ordinal, minute)[latest]


@lru_cache(maxsize=65536)
def _readings(info: ZoneInfo, ordinal: int, minute: int) -> tuple[datetime, datetime]:
    """The earlier and the later instant that a local minute may mean."""
    day = date.fromordinal(ordinal + minute // 1440)
    local = datetime.combine(day, time(minute % 1440 // 60, minute % 60), tzinfo=info)
    first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    return min(first, second), max(first, second)


@lru_cache(maxsize=1024)
def zone(key: str) -> Zone | None:
    """The zone by its IANA name, or None where the pinned database has no such zone."""
    parts = key.split("/")
    if not all(_NAME.match(part) for part in parts):
        return None
    entry = resources.files("tzdata").joinpath("zoneinfo", *parts)
    if not entry.is_file():
        return None
    with entry.open("rb") as file:
        try:
            return Zone(key, ZoneInfo.from_file(file, key=key))
        except ValueError:
            return None
