"""The recount finds what a rule engine must not have let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dialer.reports.contact_audit import Audit, Placed, recount

NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)  # 12:00 in New York
CALL = Placed(
    at=NOON,
    consumer_id="p",
    contact_point_id="n",
    channel="call",
    outcome="no_answer",
    debt="d",
    ours=True,
    zones=("America/New_York",),
    countries=frozenset({"US"}),
)


def daily(days: int, contact: Placed = CALL) -> list[Placed]:
    return [replace(contact, at=contact.at + timedelta(days=day)) for day in range(days)]


def test_seven_calls_in_seven_days_are_within_the_cap_and_an_eighth_is_not() -> None:
    week = daily(7)
    assert recount(week).caps_exceeded == 0
    eighth = replace(week[-1], at=week[-1].at + timedelta(hours=1))
    assert recount([*week, eighth]).caps_exceeded == 1
    assert recount([*week, replace(eighth, debt="other")]).caps_exceeded == 0
    assert recount([*week, replace(eighth, outcome="busy")]).caps_exceeded == 0
    assert recount([*week, replace(eighth, ours=False)]).caps_exceeded == 0


def test_days_are_the_consumers_own() -> None:
    late = datetime(2026, 4, 2, 3, 30, tzinfo=UTC)  # the evening of 1 April in Los Angeles
    pacific = replace(CALL, at=late, zones=("America/Los_Angeles",))
    seven = daily(7, pacific)
    eighth = replace(pacific, at=datetime(2026, 4, 8, 15, 30, tzinfo=UTC))
    assert recount([*seven, eighth]).caps_exceeded == 0


def test_the_seventh_unanswered_dial_to_one_chinese_number_in_a_day_is_over() -> None:
    dial = replace(
        CALL,
        at=datetime(2026, 6, 10, 1, tzinfo=UTC),
        zones=("Asia/Shanghai",),
        countries=frozenset({"CN"}),
    )
    dials = [replace(dial, at=dial.at + timedelta(minutes=30 * n)) for n in range(7)]
    assert recount(dials[:6]).caps_exceeded == 0
    assert recount(dials).caps_exceeded == 1
    assert recount([*dials[:6], replace(dials[6], outcome="message_played")]).caps_exceeded == 0


def test_a_contact_is_outside_hours_where_any_possible_place_is_or_none_is_known() -> None:
    early = replace(CALL, at=datetime(2026, 6, 10, 14, tzinfo=UTC))
    assert recount([early]) == Audit(caps_exceeded=0, outside_hours=0)
    both = replace(early, zones=("America/New_York", "America/Los_Angeles"))
    assert recount([both]).outside_hours == 1
    assert recount([replace(early, zones=())]).outside_hours == 1
