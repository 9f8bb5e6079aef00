"""Every call stands in one stage at a time, and a pacer hears of it in order."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dialer.engine.lines import Lines, Stages
from dialer.model.attempt import AgentFound, Call, CallPlan, Phase, Signal, TimerFired, advance
from dialer.model.call_events import (
    Answered,
    Bridged,
    CallOutcome,
    Ended,
    Machine,
    MachineVerdict,
    Ringing,
)
from scheduler.clock import ManualClock

PLAN = CallPlan(
    live_message="live",
    voicemail=None,
    record=False,
    recording_notice=None,
    detect_machine=True,
    agent=True,
    abandonment="sorry",
)
ORDER = ("launch", "answer", "outcome", "abandon")


def signals() -> st.SearchStrategy[Signal]:
    def event(kind: type, **facts: object) -> Signal:
        made: Signal = kind(call_id="c", seq=1, at=0.0, **facts)
        return made

    ended = {
        "sip_code": None,
        "q850": None,
        "reason": "",
        "hung_up_by": "them",
        "ringing_seen": True,
        "ring_ms": 0,
        "talk_ms": 0,
    }
    return st.sampled_from(
        [
            event(Ringing),
            event(Answered),
            *(
                event(MachineVerdict, verdict=verdict, why="", ms=0, quiet_ms=0)
                for verdict in Machine
            ),
            AgentFound(leg_id="leg"),
            event(Bridged, peer="leg"),
            TimerFired(name="agent"),
            TimerFired(name="verdict"),
            *(event(Ended, outcome=outcome, **ended) for outcome in CallOutcome),
        ]
    )


def total(stages: Stages) -> int:
    return len([*stages.ringing, *stages.detecting, *stages.waiting]) + stages.talking


@given(st.lists(st.lists(signals(), max_size=8), min_size=1, max_size=4))
def test_calls_are_counted_once_and_told_in_order(stories: list[list[Signal]]) -> None:
    lines = Lines(clock=ManualClock(datetime(2026, 6, 10, tzinfo=UTC)))
    cases = [f"case-{n}" for n in range(len(stories))]
    lines.claimed("campaign", cases)
    assert len(lines.stages("campaign").ringing) == len(cases)
    for n, story in enumerate(stories):
        call = Call(call_id=f"call-{n}", plan=PLAN)
        lines.launched(call.call_id, "campaign", cases[n], "person")
        for signal in story:
            call, _ = advance(call, signal)
            lines.moved(call, signal)
            stages = lines.stages("campaign")
            waiting = call.phase is Phase.AWAITING_AGENT
            assert len(stages.waiting) == waiting
            assert total(stages) <= len(cases) - n
        lines.over(call.call_id)
        assert total(lines.stages("campaign")) == len(cases) - n - 1
    assert lines.under_way() == []
    told: dict[str, list[str]] = {}
    for heard in lines.heard("campaign"):
        told.setdefault(heard.who, []).append(heard.kind)
    for kinds in told.values():
        assert kinds == sorted(set(kinds), key=ORDER.index)
        assert {"launch", "outcome"} <= set(kinds)
    assert lines.heard("campaign") == []
