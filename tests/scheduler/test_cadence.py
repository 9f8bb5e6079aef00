"""The cadence: what comes next, when, why, and when nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts import Channel
from scheduler.cadence import (
    ALWAYS_STOP,
    ATTEMPT_OUTCOMES,
    PAUSES,
    Ending,
    Finished,
    Next,
    NextWindow,
    NumbersOrder,
    Past,
    Strategy,
    StrategyError,
    next_attempt_at,
    strategy_from,
    to_mapping,
)

PLACED = datetime(2026, 6, 1, 14, tzinfo=UTC)
POINTS = {Channel.SMS: (0,), Channel.CALL: (0, 1), Channel.EMAIL: (0,)}
PLAIN = {
    "name": "card, first month",
    "steps": [
        {"channel": "sms", "after": 0, "template": "reminder"},
        {"channel": "call", "after": "P1D", "from": "previous", "template": "agentless"},
        {"channel": "email", "after": 3, "template": "statement"},
    ],
    "retries": [
        {"outcomes": ["busy"], "after": "PT15M", "maximum": 2, "factor": 2},
        {"outcomes": ["no_answer"], "after": "PT4H", "maximum": 1, "channels": ["call"]},
        {"outcomes": ["not_in_service"], "after": 0, "maximum": 3},
    ],
    "stop": ["conversation"],
}


def anytime(_: Channel, instant: datetime) -> datetime | None:
    return instant


def office_hours(_: Channel, instant: datetime) -> datetime | None:
    """08:00 to 21:00 UTC."""
    if instant.hour < 8:
        return instant.replace(hour=8, minute=0, second=0, microsecond=0)
    if instant.hour >= 21:
        return (instant + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    return instant


def ask(
    *history: Past,
    strategy: Strategy | None = None,
    now: datetime = PLACED,
    window: NextWindow = anytime,
    points: dict[Channel, Sequence[int]] | None = None,
    zone: str | None = None,
) -> Next | Finished:
    return next_attempt_at(
        history,
        strategy or strategy_from(PLAIN),
        now,
        window,
        placed_at=PLACED,
        points=POINTS if points is None else points,
        zone=None if zone is None else ZoneInfo(zone),
    )


def past(step: int | None, hours: float, outcome: str, position: int | None = 0) -> Past:
    channel = None if step is None else strategy_from(PLAIN).steps[step].channel
    at = PLACED + timedelta(hours=hours)
    return Past(at=at, outcome=outcome, step=step, channel=channel, position=position)


def planned(answer: Next | Finished) -> Next:
    assert isinstance(answer, Next), answer
    return answer


def finished(answer: Next | Finished) -> Finished:
    assert isinstance(answer, Finished), answer
    return answer


def test_the_steps_come_in_order_each_at_its_time():
    first = planned(ask())
    assert (first.channel, first.template, first.due) == (Channel.SMS, "reminder", PLACED)
    second = planned(ask(past(0, 2, "sent")))
    assert second.channel is Channel.CALL
    assert second.due == PLACED + timedelta(hours=26)
    third = planned(ask(past(0, 2, "sent"), past(1, 26, "voicemail_message")))
    assert third.channel is Channel.EMAIL
    assert third.due == PLACED + timedelta(days=3)
    done = finished(ask(past(0, 2, "sent"), past(1, 26, "unknown"), past(2, 72, "sent")))
    assert done.ending is Ending.EXHAUSTED


def test_busy_is_retried_with_back_off_until_the_maximum():
    busy = [past(0, 0, "sent"), past(1, 24, "busy")]
    first = planned(ask(*busy))
    assert (first.step, first.retry, first.due) == (1, 1, PLACED + timedelta(hours=24.25))
    busy.append(past(1, 24.25, "busy"))
    second = planned(ask(*busy))
    assert second.due == PLACED + timedelta(hours=24.75)
    busy.append(past(1, 24.75, "busy"))
    assert planned(ask(*busy)).channel is Channel.EMAIL


def test_a_retry_gives_way_to_a_step_that_was_wanted_earlier():
    late = planned(ask(past(0, 0, "sent"), past(1, 70, "no_answer")))
    assert late.channel is Channel.EMAIL
    assert late.due == PLACED + timedelta(days=3)


def test_a_closed_window_moves_the_attempt_and_the_reason_says_so():
    evening = PLACED.replace(hour=22)
    moved = planned(ask(now=evening, window=office_hours))
    assert moved.due == datetime(2026, 6, 2, 8, tzinfo=UTC)
    assert "moved to the next suitable lawful moment" in moved.reason
    assert "overdue" in planned(ask(now=evening)).reason


def test_stop_outcomes_end_it_and_pauses_wait_for_their_event():
    assert finished(ask(past(None, 1, "paid"))).ending is Ending.STOPPED
    assert finished(ask(past(0, 1, "sent"), past(1, 25, "conversation"))).ending is Ending.STOPPED
    promise = [past(0, 1, "sent"), past(None, 2, "promise_made")]
    assert finished(ask(*promise)).ending is Ending.PAUSED
    assert planned(ask(*promise, past(None, 90, "promise_broken"))).channel is Channel.CALL


def test_a_kept_promise_ends_a_strategy_unless_it_says_otherwise():
    history = [past(0, 1, "sent"), past(None, 2, "promise_made"), past(None, 90, "promise_kept")]
    ends_by_default = strategy_from({"name": "x", "steps": PLAIN["steps"]})
    assert finished(ask(*history, strategy=ends_by_default)).ending is Ending.STOPPED
    assert planned(ask(*history)).channel is Channel.CALL


def test_an_opt_out_closes_one_channel_and_leaves_the_others():
    stopped = Past(at=PLACED, outcome="STOP", channel=Channel.SMS, position=0)
    assert planned(ask(stopped)).channel is Channel.CALL
    everywhere = Past(at=PLACED, outcome="STOP")
    assert finished(ask(everywhere)).ending is Ending.BLOCKED


def test_wrong_numbers_are_left_until_none_is_left():
    history = [past(0, 0, "sent"), past(1, 24, "not_in_service", 0)]
    other = planned(ask(*history))
    assert (other.step, other.position) == (1, 1)
    history.append(past(1, 24, "not_in_service", 1))
    assert planned(ask(*history)).channel is Channel.EMAIL
    none = finished(ask(points={}))
    assert none.ending is Ending.BLOCKED
    assert "no valid contact point" in none.reason


def test_round_robin_takes_the_next_number_and_first_valid_the_same():
    busy = [past(0, 0, "sent"), past(1, 24, "busy", 0)]
    assert planned(ask(*busy)).position == 0
    turning = replace(strategy_from(PLAIN), numbers=NumbersOrder.ROUND_ROBIN)
    assert planned(ask(*busy, strategy=turning)).position == 1
    busy.append(past(1, 24.3, "busy", 1))
    assert planned(ask(*busy, strategy=turning)).position == 0


def test_no_lawful_moment_on_a_channel_leaves_that_step_out():
    def no_sms(channel: Channel, instant: datetime) -> datetime | None:
        return None if channel is Channel.SMS else instant

    call = planned(ask(window=no_sms))
    assert (call.channel, call.due) == (Channel.CALL, PLACED + timedelta(days=1))
    assert finished(ask(window=lambda *_: None)).ending is Ending.BLOCKED


def test_steps_that_fell_due_together_keep_their_distance():
    spaced = strategy_from(PLAIN | {"minimum_gap": "PT6H"})
    now = PLACED + timedelta(days=9)
    attempt = Past(at=now, outcome="sent", step=1, channel=Channel.CALL, position=0)
    assert planned(ask(attempt, strategy=spaced, now=now)).due == now + timedelta(hours=6)


def evening_strategy(days: Sequence[str]) -> Strategy:
    window = {"opens": "18:00", "closes": "20:00", "days": list(days)}
    step = {"channel": "call", "after": 0, "template": "t", "window": window}
    return strategy_from({"name": "evenings", "steps": [step]})


def test_preferred_hours_are_the_consumers_and_yield_to_the_law():
    strategy = evening_strategy(["mon", "wed"])
    preferred = planned(ask(strategy=strategy, zone="America/New_York"))
    assert preferred.due == datetime(2026, 6, 1, 22, tzinfo=UTC)
    later = planned(ask(strategy=strategy, zone="America/New_York", now=PLACED.replace(day=2)))
    assert later.due == datetime(2026, 6, 3, 22, tzinfo=UTC)
    barred = planned(ask(strategy=strategy, zone="America/New_York", window=office_hours))
    assert barred.due == PLACED
    assert planned(ask(strategy=strategy)).due == PLACED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": []}, "steps"),
        ({"name": " "}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"stop": ["sold"]}, "stop"),
        ({"numbers": "random"}, "numbers"),
        ({"minimum_gap": "P1M"}, "minimum_gap"),
        ({"steps": [{"channel": "fax", "after": 0, "template": "t"}]}, "steps[0].channel"),
        ({"steps": [{"channel": "sms", "after": -1, "template": "t"}]}, "steps[0].after"),
        ({"steps": [{"channel": "sms", "after": "PT", "template": "t"}]}, "steps[0].after"),
        ({"steps": [{"channel": "sms", "after": float("nan"), "template": "t"}]}, "steps[0].after"),
        ({"steps": [{"channel": "sms", "template": "t"}]}, "steps[0].after"),
        ({"steps": [{"channel": "sms", "after": 0}]}, "steps[0].template"),
        ({"retries": [{"outcomes": ["busy"], "after": 1, "maximum": 1.5}]}, "retries[0].maximum"),
        (
            {"retries": [{"outcomes": ["busy"], "after": 1, "maximum": 1, "factor": 0.5}]},
            "retries[0].factor",
        ),
        ({"retries": [{"outcomes": ["paid"], "after": 1, "maximum": 1}]}, "retries[0].outcomes"),
        (
            {
                "steps": [
                    {
                        "channel": "sms",
                        "after": 0,
                        "template": "t",
                        "window": {"opens": "18:00", "closes": "17:00"},
                    }
                ]
            },
            "steps[0].window.closes",
        ),
    ],
)
def test_a_wrong_description_is_refused_by_field(change: dict[str, object], field: str):
    with pytest.raises(StrategyError) as refused:
        strategy_from(PLAIN | change)
    assert str(refused.value).startswith(f"{field}:")


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="no time zone"):
        ask(now=PLACED.replace(tzinfo=None))


durations = st.integers(0, 20 * 86400).map(lambda seconds: f"PT{seconds}S")
contact_steps = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["call", "sms", "email"]),
        "after": durations,
        "from": st.sampled_from(["placement", "previous"]),
        "template": st.just("t"),
    },
    optional={
        "window": st.fixed_dictionaries(
            {
                "opens": st.sampled_from(["09:00", "12:00"]),
                "closes": st.sampled_from(["15:00", "24:00"]),
            },
            optional={"days": st.lists(st.sampled_from(["mon", "sat"]), min_size=1)},
        )
    },
)
retry_rules = st.fixed_dictionaries(
    {
        "outcomes": st.lists(st.sampled_from(sorted(ATTEMPT_OUTCOMES)), min_size=1, max_size=4),
        "after": durations,
        "maximum": st.integers(0, 3),
        "factor": st.floats(1, 3),
    }
)
plans = st.fixed_dictionaries(
    {"name": st.just("any"), "steps": st.lists(contact_steps, min_size=1, max_size=4)},
    optional={
        "retries": st.lists(retry_rules, max_size=3),
        "numbers": st.sampled_from(list(NumbersOrder)).map(str),
        "minimum_gap": durations,
    },
).map(strategy_from)
windows = st.sampled_from([anytime, office_hours])
words = st.sampled_from(sorted(ATTEMPT_OUTCOMES))


@given(plans)
def test_a_strategy_survives_its_plain_form(strategy: Strategy):
    assert strategy_from(to_mapping(strategy)) == strategy


@given(
    plans,
    windows,
    st.lists(words, min_size=60, max_size=60),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_a_whole_run_goes_forward_ends_and_keeps_every_maximum(
    strategy: Strategy, window: NextWindow, outcomes: list[str], lag: timedelta
):
    history: list[Past] = []
    now = PLACED
    for outcome in outcomes:
        answer = ask(*history, strategy=strategy, now=now, window=window, zone="Asia/Shanghai")
        if isinstance(answer, Finished):
            break
        assert answer.due >= now
        assert window(answer.channel, answer.due) == answer.due
        if history:
            assert answer.due >= history[-1].at + strategy.minimum_gap
            assert history[-1].step is not None and answer.step >= history[-1].step
        now = answer.due + lag
        history.append(
            Past(
                at=now,
                outcome=outcome,
                step=answer.step,
                channel=answer.channel,
                position=answer.position,
            )
        )
    else:
        pytest.fail("the strategy did not end")
    for index in range(len(strategy.steps)):
        tries = sum(entry.step == index for entry in history)
        assert tries <= 1 + sum(rule.maximum for rule in strategy.retries)


@given(
    plans,
    windows,
    st.lists(st.tuples(st.integers(0, 3), words, st.integers(0, 500)), max_size=5),
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.timedeltas(timedelta(0), timedelta(days=30)),
)
def test_asking_later_never_gives_an_earlier_attempt(
    strategy: Strategy,
    window: NextWindow,
    entries: list[tuple[int, str, int]],
    wait: timedelta,
    longer: timedelta,
):
    history = [past_of(strategy, *entry) for entry in sorted(entries, key=lambda entry: entry[2])]
    early, late = (
        ask(*history, strategy=strategy, now=PLACED + by, window=window, zone="Asia/Shanghai")
        for by in (wait, wait + longer)
    )
    if isinstance(early, Next) and isinstance(late, Next):
        assert early.due <= late.due
    else:
        assert type(early) is type(late)


def past_of(strategy: Strategy, step: int, outcome: str, hours: int) -> Past:
    step = min(step, len(strategy.steps) - 1)
    return Past(
        at=PLACED + timedelta(hours=hours),
        outcome=outcome,
        step=step,
        channel=strategy.steps[step].channel,
        position=0,
    )


@given(
    plans,
    st.lists(st.tuples(st.integers(0, 3), words, st.integers(0, 500)), max_size=5),
    st.sampled_from(sorted(ALWAYS_STOP | PAUSES.keys())),
)
def test_nothing_is_planned_after_a_stop_or_during_a_pause(
    strategy: Strategy, entries: list[tuple[int, str, int]], event: str
):
    history = [past_of(strategy, *entry) for entry in sorted(entries, key=lambda entry: entry[2])]
    history.append(Past(at=PLACED + timedelta(days=30), outcome=event))
    assert isinstance(ask(*history, strategy=strategy, now=history[-1].at), Finished)
