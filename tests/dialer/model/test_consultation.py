"""A consultation: what may follow what, and what somebody outside may hear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.agent import Refused
from dialer.model.consultation import Action, Consultation, Signal, Stage, advance

HEARD = (Stage.TOGETHER, Stage.HANDED_OVER)


def after(
    *signals: Signal, outside: bool = False, confirmed: bool = False
) -> tuple[Stage, list[Action]]:
    now, done = Consultation(guest="bea", outside=outside, confirmed=confirmed), []
    for signal in signals:
        moved = advance(now, signal)
        assert not isinstance(moved, Refused), moved
        now, actions = moved
        done += actions
    return now.stage, done


def test_the_three_ways_that_a_consultation_goes() -> None:
    asked = (Signal.JOINED,)
    assert after(*asked, Signal.GO_BACK) == (
        Stage.OVER,
        [Action.JOIN, Action.DROP, Action.RESUME],
    )
    assert after(*asked, Signal.BRING_TOGETHER) == (
        Stage.TOGETHER,
        [Action.JOIN, Action.BRING_TOGETHER],
    )
    for before in ((), (Signal.BRING_TOGETHER,)):
        stage, done = after(*asked, *before, Signal.HAND_OVER, Signal.SUCCEEDED)
        assert (stage, done[-1]) == (Stage.OVER, Action.HAND_OVER)


def test_somebody_outside_talks_on_without_the_agent_until_one_of_them_leaves() -> None:
    over = (Signal.JOINED, Signal.HAND_OVER, Signal.SUCCEEDED)
    assert after(*over, outside=True, confirmed=True)[0] is Stage.HANDED_OVER
    for end, last in ((Signal.GONE, Action.HAND_OVER), (Signal.PARTED, Action.DROP)):
        stage, done = after(*over, end, outside=True, confirmed=True)
        assert (stage, done[-1]) == (Stage.OVER, last)


@pytest.mark.parametrize("signal", [Signal.BRING_TOGETHER, Signal.HAND_OVER])
def test_what_was_not_confirmed_is_refused_with_the_reason(signal: Signal) -> None:
    apart = Consultation(guest="+12125550177", outside=True, stage=Stage.APART)
    refused = advance(apart, signal)
    assert isinstance(refused, Refused)
    assert "confirm" in refused.why
    assert not isinstance(advance(apart.confirm(), signal), Refused)


def test_an_agent_who_leaves_alone_with_the_third_party_ends_it() -> None:
    for before in ((), (Signal.JOINED,)):
        stage, done = after(*before, Signal.AGENT_LEFT)
        assert (stage, done[-1]) == (Stage.OVER, Action.DROP)
    together = Consultation(guest="bea", outside=False, stage=Stage.TOGETHER)
    assert isinstance(advance(together, Signal.AGENT_LEFT), Refused)


@given(
    outside=st.booleans(),
    sent=st.lists(st.sampled_from(Signal) | st.just("confirm"), max_size=12),
)
def test_whatever_happens(outside: bool, sent: list[Signal | str]) -> None:
    now = Consultation(guest="x", outside=outside)
    here = False  # the third party is on the line with the agent
    for what in sent:
        if not isinstance(what, Signal):
            now = now.confirm()
            continue
        if what is Signal.SUCCEEDED and outside and not now.confirmed:
            continue  # the telephone does only what it was told to
        before, moved = now, advance(now, what)
        if isinstance(moved, Refused):
            continue
        now, actions = moved
        assert before.stage is not Stage.OVER
        if outside and (now.stage in HEARD or Action.HAND_OVER in actions):
            assert now.confirmed
        if now.stage is Stage.OVER:
            left = what is Signal.GONE or what is Signal.SUCCEEDED
            assert (Action.DROP in actions) is not left
        if Action.JOIN in actions:
            assert not here
            here = True
        if Action.BRING_TOGETHER in actions or Action.HAND_OVER in actions:
            assert here
        if before.stage is Stage.CALLING and now.stage is not Stage.CALLING:
            assert now.stage in (Stage.APART, Stage.OVER)
