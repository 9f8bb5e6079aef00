"""Shifts on the wall clock of their zone, across nights, weeks and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.agent import AgentId
from dialer.model.roster import Profile, Roster, ShiftRule

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = ShiftRule(
    id="office",
    days=frozenset(range(5)),
    starts=time(9),
    ends=time(17, 30),
    zone="America/New_York",
    team="card",
)
NIGHT = ShiftRule(
    id="night",
    days=frozenset({4}),
    starts=time(22),
    ends=time(6),
    zone="America/New_York",
    agent="bo",
)
CARD = Profile(teams=frozenset({"card"}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in the week of Monday, 23 November 2026, in New York."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def roster(*shifts: ShiftRule) -> Roster:
    return Roster(profiles={"ada": CARD, "bo": CARD}, shifts=shifts)


def test_an_agent_works_in_the_hours_of_the_team_and_is_told_of_the_next_ones() -> None:
    plan = roster(OFFICE)
    assert plan.duty("ada", at(24, 9)).until == at(24, 17, 30)
    over = plan.duty("ada", at(24, 17, 30))
    assert not over.may_work
    assert (over.ended, over.begins) == (at(24, 17, 30), at(25, 9))
    assert plan.duty("ada", at(27, 20)).begins == at(30, 9)  # over the week-end


def test_hours_of_an_agent_take_the_place_of_the_teams_and_run_through_the_night() -> None:
    plan = roster(OFFICE, NIGHT)
    assert not plan.duty("bo", at(25, 12)).may_work
    assert plan.duty("bo", at(28, 2)).until == at(28, 6)
    assert plan.over([AgentId("ada"), AgentId("bo")], at(25, 12)).keys() == {"bo"}


def test_whom_no_shift_names_works_whenever_they_like() -> None:
    plan = roster(OFFICE)
    assert plan.duty("someone", at(29, 3)).may_work
    assert not plan.duty("someone", at(29, 3)).bound


def test_a_shift_follows_the_wall_clock_when_the_clocks_change() -> None:
    before = datetime(2026, 10, 30, 9, tzinfo=NEW_YORK)  # summer time ends on 1 November
    after = datetime(2026, 11, 2, 9, tzinfo=NEW_YORK)
    plan = roster(OFFICE)
    for begin in (before, after):
        assert plan.duty("ada", begin).may_work
        assert not plan.duty("ada", begin - timedelta(minutes=1)).may_work
    assert before.utcoffset() != after.utcoffset()


def test_a_shift_holds_between_its_days() -> None:
    rule = ShiftRule(
        id="x",
        days=frozenset({1}),
        starts=time(9),
        ends=time(17),
        zone="UTC",
        valid_from=date(2026, 11, 24),
        valid_until=date(2026, 11, 30),
    )
    assert rule.shift_on(date(2026, 11, 17)) is None
    assert rule.shift_on(date(2026, 11, 24)) is not None
    assert rule.shift_on(date(2026, 12, 1)) is None
    with pytest.raises(ValueError, match="days"):
        ShiftRule(id="y", days=frozenset({7}), starts=time(9), ends=time(17), zone="UTC")


@given(
    st.integers(0, 365 * 24 * 60),
    st.sets(st.integers(0, 6), min_size=1),
    st.times(),
    st.times(),
)
def test_a_duty_says_where_now_lies(minutes: int, days: set[int], starts: time, ends: time) -> None:
    rule = ShiftRule(
        id="z", days=frozenset(days), starts=starts, ends=ends, zone="Asia/Shanghai", agent="ada"
    )
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    duty = roster(rule).duty("ada", instant)
    assert duty.bound
    if duty.until is not None:
        assert duty.until > instant
    if duty.ended is not None:
        assert duty.ended <= instant
    assert duty.begins is not None
    assert duty.begins > instant
