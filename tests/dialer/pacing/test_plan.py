"""The budget outside every mode: its period, detection's mistakes, stepping down, stopping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.plan import (
    BudgetRule,
    Counts,
    Period,
    Sample,
    Stance,
    assess,
    forecast,
    period_start,
    plan,
    upper_bound,
)
from dialer.pacing.snapshot import Snapshot

RULE = BudgetRule(cap=0.03, period=Period.SUCCESSIVE_30_DAYS, rule_id="US-TSR-ABANDON")
AGENTS = Snapshot(ready=[("a", 2.0), ("b", 1.0)], room=40, ringing=[3.0])


def test_a_campaigns_thirty_days_follow_each_other():
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    new_york = ZoneInfo("America/New_York")
    at = period_start(Period.SUCCESSIVE_30_DAYS, start, start + timedelta(days=61), new_york)
    assert at == start + timedelta(days=60)
    with pytest.raises(ValueError, match="before the campaign"):
        period_start(Period.SUCCESSIVE_30_DAYS, start, start - timedelta(1), new_york)


def test_a_day_begins_at_local_midnight():
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    at = period_start(
        Period.DAY, start, datetime(2026, 3, 2, 2, tzinfo=UTC), ZoneInfo("America/New_York")
    )
    assert at == datetime(2026, 3, 1, 5, tzinfo=UTC)


def test_below_the_cap_the_mode_is_free_and_the_screen_says_what_is_left():
    standing = assess(RULE, Counts(live=1000, abandoned=20), Sample())
    assert standing.stance is Stance.FREE
    assert standing.left == pytest.approx(10)
    assert plan(standing, AGENTS, 9).lines == 9
    assert "10.0 abandonments left" in standing.reason


def test_detections_mistakes_count_as_abandoned():
    counts = Counts(live=1000, abandoned=22, hung_up=1500)
    heard = Sample(listened=500, persons=2)
    standing = assess(RULE, counts, heard)
    assert standing.rate == pytest.approx((22 + 6) / 1006)
    assert standing.lost_bound > 12
    assert standing.stance is Stance.PROGRESSIVE
    assert plan(standing, AGENTS, 9).lines == 1
    assert standing.pacer_cap < 0.03


def test_without_a_sample_a_loss_is_assumed():
    standing = assess(RULE, Counts(live=1000, abandoned=0, hung_up=1500), Sample())
    assert standing.lost_bound == pytest.approx(10)
    assert assess(RULE, Counts(), Sample()).pacer_cap == pytest.approx(0.02)


def test_at_the_cap_dialing_stops_but_not_for_the_first_calls_of_a_period():
    assert assess(RULE, Counts(live=1000, abandoned=30), Sample()).stance is Stance.STOP
    early = assess(RULE, Counts(live=10, abandoned=1), Sample())
    assert early.stance is Stance.PROGRESSIVE
    stopped = assess(RULE, Counts(live=1000, abandoned=31), Sample())
    assert plan(stopped, AGENTS, 5).lines == 0
    assert "reaches the cap" in plan(stopped, AGENTS, 5).reason


def test_the_forecast_goes_on_at_the_recent_rate():
    counts = Counts(live=1000, abandoned=20)
    standing = assess(RULE, counts, Sample())
    assert forecast(standing, counts, live_to_come=1000, recent=0.04) == pytest.approx(0.03)


def test_the_bound_is_clopper_pearsons():
    assert upper_bound(Sample(listened=100, persons=0), 0.95) == pytest.approx(0.02951, abs=1e-4)
    assert upper_bound(Sample(listened=200, persons=1), 0.95) == pytest.approx(0.02351, abs=1e-4)
    assert upper_bound(Sample(), 0.95) == 1.0


@given(
    live=st.integers(0, 10_000),
    missed=st.integers(0, 500),
    hung=st.integers(0, 5000),
    heard=st.integers(0, 300),
    share=st.floats(0, 1),
    wanted=st.integers(-5, 100),
)
def test_one_more_abandoned_call_never_allows_more(*, live, missed, hung, heard, share, wanted):
    sample = Sample(listened=heard, persons=int(heard * share))
    counts = Counts(live=live, abandoned=min(missed, live), hung_up=hung)
    worse = Counts(live=live, abandoned=min(missed, live) + 1, hung_up=hung)
    before = plan(assess(RULE, counts, sample), AGENTS, wanted).lines
    after = plan(assess(RULE, worse, sample), AGENTS, wanted).lines
    assert 0 <= after <= before <= AGENTS.room


def test_nobody_logged_in_means_no_calls():
    standing = assess(RULE, Counts(), Sample())
    assert plan(standing, Snapshot(room=10), 3).lines == 0


def test_a_rule_out_of_range_is_refused():
    with pytest.raises(ValueError, match="X: cap"):
        BudgetRule(cap=1.5, period=Period.DAY, rule_id="X")
    with pytest.raises(ValueError, match="re-listened"):
        Sample(listened=2, persons=3)
