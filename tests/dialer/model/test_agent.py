"""An agent's state: what may follow what, and wishes that wait for the call's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.agent import (
    Agent,
    AgentId,
    AgentState,
    CallId,
    Connect,
    End,
    GoReady,
    LogIn,
    Lose,
    Miss,
    Offer,
    Refused,
    Return,
    Signal,
    StepAway,
    Summon,
    TakeOver,
    Wish,
    Withdraw,
    advance,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALL = CallId("c1")
LUNCH = Wish(state=AgentState.ON_BREAK, reason="lunch")
HOME = Wish(state=AgentState.OFFLINE, reason="end of shift")


def after(*signals: Signal) -> Agent:
    agent = Agent(id=AgentId("ann"), since=START)
    for number, signal in enumerate(signals, start=1):
        moved = advance(agent, signal, START + timedelta(seconds=number))
        assert isinstance(moved, Agent), moved
        agent = moved
    return agent


def test_a_shift_begins_with_a_break_so_that_no_call_comes_unasked():
    agent = after(LogIn())
    assert (agent.state, agent.reason) == (AgentState.ON_BREAK, "log-in")


def test_a_call_runs_from_offer_to_wrap_up_to_ready():
    talking = after(LogIn(), GoReady(), Offer(call=CALL), Connect(call=CALL))
    assert (talking.state, talking.call) == (AgentState.ON_CALL, CALL)
    wrapping = after(LogIn(), GoReady(), Offer(call=CALL), Connect(call=CALL), End(call=CALL))
    assert wrapping.state is AgentState.WRAP_UP
    ready = advance(wrapping, GoReady(), START + timedelta(minutes=1))
    assert isinstance(ready, Agent)
    assert (ready.state, ready.call) == (AgentState.READY, None)
    assert ready.idle_since == START + timedelta(minutes=1)


def test_a_break_asked_for_on_a_call_begins_after_its_wrap_up():
    calls = [LogIn(), GoReady(), Offer(call=CALL), Connect(call=CALL)]
    agent = after(*calls, StepAway(wish=LUNCH))
    assert agent.state is AgentState.ON_CALL
    agent = after(*calls, StepAway(wish=LUNCH), End(call=CALL), GoReady())
    assert (agent.state, agent.reason) == (AgentState.ON_BREAK, "lunch")


def test_a_log_out_from_outside_waits_for_the_call_and_is_explained():
    agent = after(
        *(LogIn(), GoReady(), Offer(call=CALL), Connect(call=CALL)),
        *(StepAway(wish=HOME, told="The shift has ended."), End(call=CALL), GoReady()),
    )
    assert (agent.state, agent.told) == (AgentState.OFFLINE, "The shift has ended.")


def test_an_offer_that_came_to_nothing_does_not_cost_the_place_in_line():
    agent = after(LogIn(), GoReady(), Offer(call=CALL), Withdraw(call=CALL))
    assert agent.state is AgentState.READY
    assert agent.idle_since == START + timedelta(seconds=2)


def test_a_missed_call_is_followed_by_a_break_and_told():
    agent = after(LogIn(), GoReady(), Offer(call=CALL), Miss(call=CALL))
    assert (agent.state, agent.reason) == (AgentState.ON_BREAK, "missed-call")
    assert agent.told is not None
    assert "c1" in agent.told


def test_who_is_asked_into_a_talk_has_nothing_to_wrap_up_and_goes_back_to_their_break():
    talk = Summon(call=CallId("talk"))
    asked = after(LogIn(), GoReady(), talk)
    assert (asked.state, asked.call) == (AgentState.ON_CALL, "talk")
    free = after(LogIn(), GoReady(), talk, Return(call=CallId("talk")))
    assert (free.state, free.idle_since) == (AgentState.READY, START + timedelta(seconds=2))
    back = after(LogIn(), StepAway(wish=LUNCH), talk, Return(call=CallId("talk")))
    assert (back.state, back.reason, back.wish) == (AgentState.ON_BREAK, "lunch", None)


def test_who_takes_a_call_over_wraps_it_up():
    taken = TakeOver(call=CALL, instead_of=CallId("talk"))
    wrapping = after(LogIn(), GoReady(), Summon(call=CallId("talk")), taken, End(call=CALL))
    assert (wrapping.state, wrapping.call) == (AgentState.WRAP_UP, CALL)


def test_a_lost_phone_ends_everything():
    agent = after(LogIn(), GoReady(), Offer(call=CALL), Connect(call=CALL), Lose(why="no packets"))
    assert (agent.state, agent.call, agent.told) == (AgentState.OFFLINE, None, "no packets")


def test_refusals_name_the_agent_and_the_reason():
    offline = Agent(id=AgentId("ann"), since=START)
    for signal in (GoReady(), Offer(call=CALL), StepAway(wish=LUNCH), End(call=CALL)):
        refused = advance(offline, signal, START)
        assert isinstance(refused, Refused)
        assert "ann (offline)" in refused.why
    with pytest.raises(ValueError, match="reason code"):
        Wish(state=AgentState.ON_BREAK, reason=" ")
    with pytest.raises(ValueError, match="nobody waits"):
        Wish(state=AgentState.READY, reason="work")
    with pytest.raises(ValueError, match="with call"):
        replace(offline, call=CALL)


signals = st.sampled_from(
    [
        *(LogIn(), GoReady(), StepAway(wish=LUNCH), StepAway(wish=HOME), Lose(why="phone")),
        *(
            kind(call=CallId(c))
            for kind in (Offer, Summon, Return, Connect, Withdraw, Miss, End)
            for c in "ab"
        ),
        *(TakeOver(call=CallId(c), instead_of=CallId(d)) for c, d in ("ab", "ba")),
    ]
)


@given(st.lists(signals, max_size=30))
def test_no_signal_cuts_a_conversation_but_its_end_and_a_lost_phone(sent):
    agent = Agent(id=AgentId("ann"), since=START)
    for number, signal in enumerate(sent):
        moved = advance(agent, signal, START + timedelta(seconds=number))
        if isinstance(moved, Refused):
            continue
        if agent.state is AgentState.ON_CALL and moved.state is not AgentState.ON_CALL:
            assert isinstance(signal, End | Return | Lose)
        if moved.state is AgentState.READY:
            assert moved.wish is None
        if isinstance(signal, Offer):
            assert agent.state is AgentState.READY
        agent = moved
