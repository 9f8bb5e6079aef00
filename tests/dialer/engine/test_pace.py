"""A campaign's pace: the law's cap from the packs, the budget over the mode, what survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compliance import packs
from dialer.engine.budget import HOUSE, budget_of
from dialer.engine.lines import Stages
from dialer.engine.pace import Line, Pace
from dialer.engine.planning import read_order
from dialer.model.campaign import Campaign, CampaignId, CampaignState
from dialer.pacing.floor import Team
from dialer.pacing.plan import Counts, Period
from tests.dialer.store.people import ACTOR, STRATEGY

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
TEAM = Team(
    ready=tuple((f"a{n}", 5.0) for n in range(10)),
    talk=(),
    wrap=(),
    paused=(),
)


def pace(mode: str, ring: float = 25.0, **settings: float) -> Pace:
    campaign = Campaign(
        id=CampaignId("campaign-1"),
        name="one",
        state=CampaignState.RUNNING,
        mode=mode,
        lines=100,
        actor=ACTOR,
        strategy=STRATEGY,
        created_at=NOW,
        started_at=NOW,
        pacing=settings,
    )
    return Pace(
        order=read_order(campaign),
        budget=budget_of(packs.shipped(), ACTOR, ["US"]),
        line=Line(ring_timeout_s=ring, calls_per_second=10.0),
        shift_began=NOW,
    )


def wanted(one: Pace, seconds: float = 1.0, team: Team = TEAM) -> int:
    return one.step(NOW + timedelta(seconds=seconds), Stages(), team, 50)


def test_the_strictest_cap_of_the_places_binds_and_the_house_caps_the_rest() -> None:
    here = budget_of(packs.shipped(), ACTOR, ["US"])
    assert (here.rule.cap, here.rule.period) == (0.03, Period.SUCCESSIVE_30_DAYS)
    assert here.rule.rule_id == "US-TCPA-ABANDON"
    assert budget_of(packs.shipped(), ACTOR, ["CN"]).rule == HOUSE
    assert budget_of(packs.shipped(), ACTOR, ["US", "GB"]).none_allowed


def test_a_mode_dials_by_its_settings_and_no_more_than_the_budget_bears() -> None:
    one = pace("power", ratio=2.0)
    assert wanted(one) == 20
    one.counts = Counts(live=1000, abandoned=29)
    assert wanted(one) == 20
    one.counts = Counts(live=50, abandoned=5)  # too few to stop on: no more than free agents
    assert wanted(one) == 10
    one.counts = Counts(live=1000, abandoned=40)
    assert wanted(one) == 0
    assert "reaches the cap" in one.why
    one.counts = Counts()
    nobody = replace(TEAM, ready=())
    assert wanted(one, team=nobody) == 0
    assert one.why == "no agent is logged in"


@pytest.mark.parametrize("ring", [1.0, 8.0, 25.0, 60.0])
def test_predictive_dials_whatever_the_longest_ringing(ring: float) -> None:
    assert wanted(pace("predictive", ring)) >= len(TEAM.ready)


def test_changed_lines_keep_what_was_learned_another_mode_does_not() -> None:
    one = pace("predictive")
    for second in range(1, 30):
        wanted(one, second)
    learned = one.pacer.dump()
    campaign = one.order.campaign
    one.reorder(read_order(replace(campaign, lines=7)))
    assert one.pacer.dump() == learned
    one.reorder(read_order(replace(campaign, mode="progressive")))
    assert one.pacer.dump() == {}


def test_a_restart_takes_up_the_shift_and_a_long_pause_begins_anew() -> None:
    one = pace("predictive")
    for second in range(1, 30):
        wanted(one, second)
    soon = NOW + timedelta(minutes=5)
    kept = one.state(soon)
    again = pace("predictive")
    again.shift_began = soon
    again.resume(kept, soon + timedelta(minutes=1))
    assert (again.shift_began, again.pacer.dump()) == (NOW, one.pacer.dump())
    late = pace("predictive")
    late.resume(kept, soon + timedelta(hours=3))
    assert late.pacer.dump() != one.pacer.dump()
