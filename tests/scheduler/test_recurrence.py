"""What comes again by the local calendar: once a period, through clock changes and short months."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduler.recurrence import Every, Recurrence

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
recurrences = st.builds(
    Recurrence,
    every=st.sampled_from(Every),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    weekday=st.integers(0, 6),
    day=st.integers(1, 31),
)
instants = st.timedeltas(timedelta(0), timedelta(days=1400)).map(
    lambda since: datetime(2024, 1, 1, tzinfo=UTC) + since
)
LONGEST = {Every.DAY: 2, Every.WEEK: 8, Every.MONTH: 32}


@given(recurrences, instants)
def test_the_next_one_is_later_and_not_later_than_a_period(rule: Recurrence, at: datetime) -> None:
    due = rule.next_after(at)
    assert at < due <= at + timedelta(days=LONGEST[rule.every])
    assert rule.next_after(due - timedelta(microseconds=1)) == due


@given(recurrences, instants)
def test_the_days_covered_follow_each_other_without_a_gap(rule: Recurrence, at: datetime) -> None:
    due = rule.next_after(at)
    first, last = rule.covered(due)
    assert first <= last < due.astimezone(rule.zone).date()
    assert rule.covered(rule.next_after(due))[0] == last + timedelta(days=1)


@given(recurrences, instants, st.integers(0, 100))
def test_the_last_until_an_instant_is_the_last(rule: Recurrence, at: datetime, days: int) -> None:
    due = rule.next_after(at)
    until = due + timedelta(days=days)
    last = rule.last_until(due, until)
    assert due <= last <= until < rule.next_after(last)


def test_a_monthly_one_on_the_31st_has_the_last_day_of_a_short_month() -> None:
    rule = Recurrence(every=Every.MONTH, at=time(8), zone=ZoneInfo("Asia/Shanghai"), day=31)
    due = rule.next_after(datetime(2027, 2, 1, tzinfo=UTC))
    assert due == datetime(2027, 2, 28, 0, tzinfo=UTC)
    assert rule.covered(due) == (date(2027, 1, 31), date(2027, 2, 27))


def test_the_hour_that_is_there_twice_comes_once() -> None:
    rule = Recurrence(every=Every.DAY, at=time(1, 30), zone=ZoneInfo("America/New_York"))
    first = rule.next_after(datetime(2026, 11, 1, 4, tzinfo=UTC))
    assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert rule.next_after(first) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
