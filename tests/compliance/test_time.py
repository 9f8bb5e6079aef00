"""Zones, holidays and spans of time."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import holidays
from compliance.windows import FAR, Fixed, Lifted, first_open, includes, lifted, minus, next_closing
from compliance.zones import TZ_VERSION, zone

T = datetime(2026, 6, 10, tzinfo=UTC)


def h(hours: float) -> datetime:
    """So many hours after T."""
    return T + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("America/New_York", True),
        ("Etc/GMT+5", True),
        ("America/Gotham", False),
        ("", False),
        ("../../etc/passwd", False),
        ("America", False),
        ("zone.tab", False),
        ("tzdata.zi", False),
        ("tzdata", False),
        ("zone1970", False),
    ],
)
def test_a_zone_is_one_of_the_pinned_database(key: str, known: bool) -> None:
    assert (zone(key) is not None) is known


def test_a_file_that_is_no_zone_is_none() -> None:
    assert zone("zonenow") is None
    assert zone("leapseconds") is None


def test_local_dates_begin_and_end_across_the_clocks_changes() -> None:
    where = zone("America/New_York")
    assert where is not None
    spring, autumn = date(2026, 3, 8).toordinal(), date(2026, 11, 1).toordinal()
    assert where.midnight(spring + 1) - where.midnight(spring) == timedelta(hours=23)
    assert where.midnight(autumn + 1) - where.midnight(autumn) == timedelta(hours=25)
    assert where.at(autumn, 90, latest=False) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert where.at(autumn, 90, latest=True) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert where.at(autumn, 1440, latest=True) == where.midnight(autumn + 1)


@pytest.mark.parametrize(
    ("key", "day", "begins"),
    [
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),  # 00:00 to 01:00 comes twice
        ("America/Havana", date(2026, 3, 8), "2026-03-08T05:00"),  # 00:00 to 01:00 is skipped
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00"),
    ],
)
def test_a_date_begins_where_its_midnight_is_odd(key: str, day: date, begins: str) -> None:
    where = zone(key)
    assert where is not None
    assert where.midnight(day.toordinal()) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@given(
    at=st.integers(-60_000, 60_000).map(h),
    key=st.sampled_from(["Africa/Cairo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "UTC"]),
)
def test_the_date_of_an_instant_is_the_wall_clocks(at: datetime, key: str) -> None:
    where = zone(key)
    assert where is not None
    assert where.ordinal(at) == at.astimezone(where.info).toordinal()
    assert where.ordinal(at) == at.astimezone(where.info).toordinal()


def test_the_machines_own_zone_database_is_not_read(tmp_path: Path) -> None:
    code = (
        "from compliance.zones import TZ_VERSION, zone; from datetime import datetime, UTC;"
        "print(TZ_VERSION, zone('Asia/Kolkata').ordinal(datetime(2026, 6, 10, 20, tzinfo=UTC)))"
    )
    env = {**os.environ, "PYTHONTZPATH": str(tmp_path), "TZ": "Pacific/Kiritimati"}
    shown = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert shown.split() == [TZ_VERSION, str(date(2026, 6, 11).toordinal())]


@pytest.mark.parametrize(
    ("notation", "day"),
    [
        ("01-01", date(2026, 1, 1)),
        ("easter", date(2026, 4, 5)),
        ("easter-2", date(2026, 4, 3)),
        ("easter+1", date(2026, 4, 6)),
        ("mon#1@09", date(2026, 9, 7)),
        ("mon#2@10", date(2026, 10, 12)),
        ("mon#-1@05", date(2026, 5, 25)),
        ("thu#-1@12", date(2026, 12, 31)),
        ("mon<05-25", date(2026, 5, 18)),
        ("02-01>mon-if-sun", date(2026, 2, 2)),
        ("01-31>mon-if-sun", date(2026, 1, 31)),
        ("01-31>mon-if-weekend", date(2026, 2, 2)),
        ("02-01>mon-if-weekend", date(2026, 2, 2)),
        ("02-02>mon-if-weekend", date(2026, 2, 2)),
    ],
)
def test_a_holiday_of_2026(notation: str, day: date) -> None:
    assert holidays.on(notation, 2026) == day


@pytest.mark.parametrize("notation", ["", "13-01", "02-30", "mon#5@09", "someday", "easter-100"])
def test_what_is_no_holiday(notation: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        holidays.check(notation)


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (3, 31)), (2025, (4, 20)), (2027, (3, 28)), (2038, (4, 25)), (2285, (3, 22))],
)
def test_easter(year: int, day: tuple[int, int]) -> None:
    assert holidays.easter(year) == date(year, *day)


spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda s: (h(s[0]), h(s[0] + s[1]))),
    max_size=5,
)


@given(closed=spans, lifts=spans, at=st.integers(0, 52))
def test_a_lift_opens_exactly_its_own_time(closed: list, lifts: list, at: int) -> None:
    moment = h(at + 0.5)

    def inside(some: list) -> bool:
        return any(a <= moment < b for a, b in some)

    assert inside(minus(closed, lifts)) == (inside(closed) and not inside(lifts))
    for less in (Lifted, lifted):
        left = less(Fixed(*closed), [Fixed(*lifts)])
        assert includes(left, moment) == (inside(closed) and not inside(lifts))


@given(one=spans, other=spans)
def test_the_first_open_instant_is_open_and_none_before_it_is(one: list, other: list) -> None:
    closed = [Fixed(*one), Fixed(*other)]
    first, binding = first_open(closed, T)
    assert first is not None
    assert not any(includes(c, first) for c in closed)
    assert (binding is None) == (first == T)
    for half in range(int((first - T) / timedelta(minutes=30))):
        assert any(includes(c, h(half / 2)) for c in closed)


def test_what_never_opens_has_no_first_instant() -> None:
    assert first_open([Fixed((T, h(3))), Fixed((h(2), FAR))], T) == (None, 1)
    nights = [(h(24 * d), h(24 * d + 12)) for d in range(900)]
    days = [(h(24 * d + 12), h(24 * d + 24)) for d in range(900)]
    assert first_open([Fixed(*nights), Fixed(*days)], T)[0] is None


def test_the_next_closing_is_the_soonest_within_the_limit() -> None:
    closed = [Fixed((h(3), h(4))), Fixed((h(2), h(5)), (h(9), h(10)))]
    assert next_closing(closed, T, h(8)) == h(2)
    assert next_closing(closed, T, h(1)) == h(1)
