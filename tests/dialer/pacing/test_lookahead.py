"""The parts of the predictive mode: the laws, the levels, the outlook, the budget."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing.modes.lookahead.answers import AnswerModel
from dialer.pacing.modes.lookahead.detection import LegalCount
from dialer.pacing.modes.lookahead.law import (
    add_trial,
    bernoulli_sum,
    exact_shortfall,
    normal_shortfall,
)
from dialer.pacing.modes.lookahead.level import LevelFilter
from dialer.pacing.modes.lookahead.outlook import HORIZONS, Outlook
from dialer.pacing.modes.lookahead.service import ServiceModel
from dialer.pacing.modes.lookahead.steering import Steering
from dialer.pacing.modes.predictive import PredictivePacer
from dialer.pacing.snapshot import PacerContext, Snapshot

chances = st.lists(st.floats(0, 1), max_size=6)


def enumerated(trials: list[float]) -> list[float]:
    law = [0.0] * (len(trials) + 1)
    for hits in itertools.product((0, 1), repeat=len(trials)):
        law[sum(hits)] += math.prod(
            p if hit else 1 - p for p, hit in zip(trials, hits, strict=True)
        )
    return law


@given(trials=chances, more=st.floats(0, 1), limit=st.integers(1, 8))
def test_the_law_of_a_sum_is_exact_and_its_last_entry_holds_the_rest(trials, more, limit):
    whole = enumerated([*trials, more])
    law = add_trial(bernoulli_sum(trials, limit), more)
    kept = [*whole, *[0.0] * limit]
    assert law[:limit] == pytest.approx(kept[:limit], abs=1e-12)
    assert law[limit] == pytest.approx(sum(kept[limit:]), abs=1e-12)


@given(trials=chances, ends=chances, free=st.integers(-2, 4))
def test_the_chance_that_answers_outnumber_agents_is_exact(trials, ends, free):
    answers, frees = enumerated(trials), enumerated(ends)
    wanted = sum(p * q for n, p in enumerate(answers) for k, q in enumerate(frees) if n >= free + k)
    top = max(1, free + len(ends))
    found = exact_shortfall(
        bernoulli_sum(trials, top), bernoulli_sum(ends, max(1, len(ends))), free
    )
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("free", [2, 6, 10])
def test_the_normal_law_with_skewness_is_near_the_exact_one(free):
    trials, ends = [0.12] * 60, [0.2] * 25
    top = free + len(ends)
    exact = exact_shortfall(bernoulli_sum(trials, top), bernoulli_sum(ends, len(ends)), free)
    mean = sum(trials) - sum(ends) - free
    variance = sum(p * (1 - p) for p in (*trials, *ends))
    third = sum(p * (1 - p) * (1 - 2 * p) for p in trials)
    third -= sum(p * (1 - p) * (1 - 2 * p) for p in ends)
    assert normal_shortfall(mean, variance, third) == pytest.approx(exact, abs=0.004)


def test_a_doubling_is_believed_within_minutes_and_a_steady_stream_stays():
    level = LevelFilter(spread=0.004, jump=1 / 5000, prior_sd=0.25)
    for second in range(600):
        level.update(1.0 if second % 5 == 0 else 0.0, 0.2, 1.0)
    assert 0.85 < level.mean < 1.15
    for second in range(180):
        level.update(1.0 if second % 5 in (0, 2) else 0.0, 0.2, 1.0)
    assert 1.6 < level.mean < 2.4


def outlook(snap: Snapshot) -> Outlook:
    ctx = PacerContext(agents=12)
    answers = AnswerModel(ctx)
    counts = [0] * answers.bins
    for age in snap.ringing:
        counts[min(int(age), answers.bins - 1)] += 1
    return Outlook(100.0, snap, counts, answers, ServiceModel(ctx))


TEAM = Snapshot(
    ready=[("r", 4.0), ("s", 2.0)],
    talk=[(f"t{i}", 15.0 * i) for i in range(8)],
    wrap=[("w", 12.0), ("x", 3.0)],
    room=60,
)


@pytest.mark.parametrize("threshold", [0.01, 0.04, 0.12])
def test_both_laws_launch_about_as_many_calls(threshold):
    exact, normal = (
        outlook(TEAM).exact_lines(threshold),
        outlook(TEAM).normal_lines(threshold),
    )
    assert exact > 2
    assert abs(exact - normal) <= 2


@settings(max_examples=40, deadline=None)
@given(low=st.floats(0.001, 0.3), high=st.floats(0.001, 0.3))
def test_a_higher_threshold_never_launches_less(low, high):
    low, high = sorted((low, high))
    assert outlook(TEAM).exact_lines(low) <= outlook(TEAM).exact_lines(high)


def test_calls_about_to_be_answered_hold_back_more_than_calls_just_launched():
    def ringing(age: float) -> int:
        return outlook(replace(TEAM, ringing=[age] * 4)).exact_lines(0.04)

    assert ringing(9.0) < ringing(24.0)
    soon, young = (outlook(replace(TEAM, ringing=[age] * 4)).patience(0) for age in (9.0, 0.0))
    assert soon > 3 * young


def steered(
    *, live: int, abandoned: int, now: float, shift: float = 3600.0, hung_up: float = 0.0
) -> Steering:
    steering = Steering(PacerContext(agents=30, shift=shift))
    steering.update(now, TEAM, 1.0, persons=(live, abandoned), hung_up=hung_up)
    return steering


def test_a_budget_that_is_spent_leaves_sure_calls_alone():
    assert steered(live=600, abandoned=8, now=3500.0).theta > 0
    spent = steered(live=600, abandoned=20, now=3500.0)
    assert spent.theta == 0
    assert spent.left < 0


def test_what_detection_visibly_takes_above_its_share_is_taken_off_the_budget():
    usual, unlucky = (steered(live=600, abandoned=15, now=3000.0, hung_up=n) for n in (3.0, 6.0))
    assert usual.left == pytest.approx(steered(live=600, abandoned=15, now=3000.0).left)
    assert unlucky.left < usual.left - 2.0
    assert unlucky.theta < usual.theta


def test_no_call_is_launched_that_could_be_answered_after_the_shift():
    pacer = PredictivePacer(PacerContext(agents=12, shift=600.0, ring_timeout=40.0))
    assert pacer.step(555.0, TEAM) > 0
    assert pacer.step(559.0, TEAM) == 0


def test_a_cap_of_nothing_allows_sure_calls_only():
    pacer = PredictivePacer(PacerContext(cap=0.0, agents=12))
    assert pacer.step(60.0, TEAM) == len(TEAM.ready)
    assert pacer.explain()["threshold"] == 0.0


@settings(max_examples=40, deadline=None)
@given(
    left=st.floats(-2.0, 30.0),
    more=st.floats(0.0, 20.0),
    ringing=st.lists(st.floats(0, 25)),
    factor=st.floats(1.0, 4.0),
)
def test_a_surge_over_all_calls_in_flight_stays_within_what_is_left(left, more, ringing, factor):
    view = outlook(replace(TEAM, ringing=sorted(ringing, reverse=True)))
    lines = view.bearable(left, factor)
    assert lines <= view.bearable(left + more, factor)
    assert lines >= view.bearable(left, 2 * factor)
    if lines > 0:  # the answers of the next ten seconds, against the most that can be free
        j = HORIZONS.index(8)
        answers = sum(n * min(0.95, factor * row[j]) for n, row in view.rows)
        answers += lines * min(0.95, factor * view.fresh[j])
        assert answers <= left + view.free_now + len(TEAM.talk) + len(TEAM.wrap)


def test_a_long_shift_may_owe_more_than_a_short_one():
    short = steered(live=0, abandoned=0, now=0.0)
    long = steered(live=0, abandoned=0, now=0.0, shift=28_800.0)
    assert long.left > 3 * short.left


def hear(model: AnswerModel, call: int, verdict: str, *, age: float, delay: float) -> None:
    t = 60.0 * call
    model.launch(t, call)
    model.answer(t + age, call, age)
    model.outcome(t + age + delay, call, verdict, age + delay)


def taught() -> AnswerModel:
    """Persons pick up at 8 s and are known within 1.8 s, machines at 20 s within 3 s."""
    model = AnswerModel(PacerContext())
    for call in range(300):
        person = call % 3 == 0
        hear(model, call, "human", age=8.4, delay=1.8) if person else hear(
            model, call, "machine", age=20.4, delay=3.1
        )
        model.expose([2] * model.bins, 1.0)
    model.rebuild()
    return model


def test_a_machine_that_was_dropped_is_no_abandoned_person():
    model = taught()
    before = model.legal.persons(100, 0)
    hear(model, 1000, "human", age=20.4, delay=3.1)
    model.abandon(60_030.0, 1000)
    live, abandoned = model.legal.persons(101, 1)
    assert live - before[0] < 0.2
    assert abandoned < 0.2
    hear(model, 1001, "human", age=8.4, delay=1.8)
    model.abandon(60_090.0, 1001)
    assert model.legal.persons(102, 2)[1] - abandoned > 0.9


def test_a_person_whom_detection_hung_up_is_noticed():
    model = taught()
    before = model.detection.persons_lost
    hear(model, 1000, "machine", age=20.4, delay=3.1)
    assert model.detection.persons_lost - before < 0.05
    hear(model, 1001, "machine", age=8.4, delay=1.8)
    assert model.detection.persons_lost - before > 0.8


@given(events=st.lists(st.booleans(), max_size=30))
def test_counters_that_leave_machines_out_are_not_corrected_twice(events):
    whole, persons_only = LegalCount(), LegalCount()
    for count in (whole, persons_only):
        count.persons(50, 2)
    for is_person in events:
        for count in (whole, persons_only):
            count.live(float(is_person))
            count.abandoned(float(is_person))
    persons = sum(events)
    assert whole.persons(50 + len(events), 2 + len(events)) == (50 + persons, 2 + persons)
    assert persons_only.persons(50 + persons, 2 + persons) == (50 + persons, 2 + persons)
