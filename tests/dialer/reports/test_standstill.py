"""The note on a campaign that begins nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from compliance import packs
from dialer.reports.campaign_figures import CampaignFigures
from dialer.reports.next_due import Ahead, PutOff
from dialer.reports.standstill import Note, notes_on

AT = datetime(2026, 11, 25, 13, tzinfo=UTC)
PACKS = packs.shipped()


def figures(
    *, state: str = "running", cases: int = 10, due: int = 0, under_way: int = 0
) -> CampaignFigures:
    return CampaignFigures(
        id="campaign_1",
        name="Cards",
        state=state,
        mode="agentless",
        creditor=None,
        started_at=None,
        channels=("call",),
        cases=cases,
        due=due,
        waiting=0,
        finished=cases,
        next_due_at=None,
        under_way=under_way,
        done={},
        refusals=0,
        refused={},
    )


def waits(rule: str | None) -> Ahead:
    return Ahead(put_off=(PutOff(rule=rule, cases=4, first_at=AT),), held=2)


@pytest.mark.parametrize(
    ("rule", "why"),
    [("US-REGF-HOURS", "hours"), ("US-REGF-7IN7", "rule"), (None, "strategy")],
)
def test_what_is_put_off_says_by_what_and_until_when(rule: str | None, why: str) -> None:
    (note,) = notes_on(figures(), "", waits(rule), PACKS)
    assert note == Note(why=why, cases=4, until=AT, rule=rule)


def test_only_events_open_what_is_held_and_nothing_opens_what_is_finished() -> None:
    assert notes_on(figures(), "", Ahead(held=2), PACKS) == [Note(why="held", cases=2)]
    assert notes_on(figures(), "", Ahead(), PACKS) == [Note(why="finished", cases=10)]
    assert notes_on(figures(cases=0), "", Ahead(), PACKS) == [Note(why="empty")]


def test_the_engine_s_own_reasons_stand_even_while_another_channel_goes_on() -> None:
    said = "call: the trunk at sip.example: no answer; email: no host"
    assert notes_on(figures(due=3), said, Ahead(), PACKS) == [
        Note(why="unready", channel="call", reason="the trunk at sip.example: no answer"),
        Note(why="unready", channel="email", reason="no host"),
    ]


def test_a_campaign_at_work_or_not_running_has_no_note() -> None:
    assert notes_on(figures(due=3), "", waits(None), PACKS) == []
    assert notes_on(figures(under_way=1), "", Ahead(held=9), PACKS) == []
    assert notes_on(figures(state="paused"), "call: down", Ahead(), PACKS) == []
