"""Every mode: within the room, never without agents, the same after a restart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing.modes import FROM_VICIDIAL, MODES
from dialer.pacing.modes.power import PowerPacer
from dialer.pacing.modes.preview import PreviewPacer
from dialer.pacing.snapshot import PacerContext, Snapshot

ages = st.floats(0, 2000, allow_nan=False)


def agent_lists(prefix: str):
    return st.lists(ages, max_size=25).map(
        lambda found: [(f"{prefix}{i}", age) for i, age in enumerate(sorted(found, reverse=True))]
    )


def oldest_first(limit: float):
    return st.lists(st.floats(0, limit), max_size=30).map(lambda x: sorted(x, reverse=True))


@st.composite
def snapshots(draw):
    live = draw(st.integers(0, 5000))
    return Snapshot(
        ready=draw(agent_lists("r")),
        talk=draw(agent_lists("t")),
        wrap=draw(agent_lists("w")),
        paused=draw(agent_lists("p")),
        ringing=draw(oldest_first(40)),
        detecting=draw(oldest_first(6)),
        waiting=draw(oldest_first(3)),
        room=draw(st.integers(0, 200)),
        live=live,
        abandoned=draw(st.integers(0, live)),
    )


@pytest.mark.parametrize("mode", sorted(MODES))
@settings(max_examples=60, deadline=None)
@given(snaps=st.lists(snapshots(), min_size=1, max_size=5), start=st.floats(0, 28_000))
def test_lines_stay_within_the_room_and_follow_from_the_arguments(mode, snaps, start):
    one, two = MODES[mode](PacerContext()), MODES[mode](PacerContext())
    for i, snap in enumerate(snaps):
        lines = one.step(start + i, snap)
        assert 0 <= lines <= snap.room
        assert two.step(start + i, snap) == lines
        if mode != "agentless" and snap.logged_in == 0:
            assert lines == 0
    json.dumps(one.explain(), allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(first=snapshots(), later=st.lists(snapshots(), min_size=1, max_size=4))
def test_a_restarted_pacer_goes_on_as_if_it_had_not_stopped(first, later):
    ctx = PacerContext(agents=20)
    pacer = MODES["predictive"](ctx)
    for i in range(12):
        pacer.observe((i * 0.9, "launch", i, None, 0.0))
        pacer.observe((i + 0.5, "agent", "t1", ("wrap", "ready"), 8.0 + i))
        pacer.step(float(i), first)
    pacer.observe((11.2, "answer", 3, None, 8.5))
    pacer.observe((12.0, "outcome", 3, "human", 9.3))
    state = json.loads(json.dumps(pacer.dump()))
    restarted = MODES["predictive"](ctx)
    restarted.load(state)
    assert restarted.dump() == pacer.dump()
    for i, snap in enumerate(later):
        t = 12.5 + 3.0 * i
        assert restarted.step(t, snap) == pacer.step(t, snap)


def test_manual_and_preview_leave_the_start_to_the_agent():
    snap = Snapshot(ready=[("a", 30.0), ("b", 5.0)], room=10)
    assert MODES["manual"](PacerContext()).step(0.0, snap) == 0
    assert MODES["preview"](PacerContext()).step(0.0, snap) == 0
    assert PreviewPacer(PacerContext(), timer=20.0).step(0.0, snap) == 1


def test_progressive_has_one_call_in_flight_for_each_ready_agent():
    snap = Snapshot(ready=[("a", 3.0), ("b", 2.0), ("c", 1.0)], ringing=[4.0], room=10)
    assert MODES["progressive"](PacerContext()).step(0.0, snap) == 2


def test_power_multiplies_ready_agents():
    snap = Snapshot(ready=[("a", 3.0), ("b", 2.0)], ringing=[4.0], room=10)
    assert PowerPacer(PacerContext(), ratio=2.5).step(0.0, snap) == 4
    with pytest.raises(ValueError, match="ratio"):
        PowerPacer(PacerContext(), ratio=-1.0)


def test_agentless_fills_the_lines():
    snap = Snapshot(ringing=[1.0] * 4, room=3)
    assert MODES["agentless"](PacerContext(lines=20)).step(0.0, snap) == 3


def test_every_dial_method_of_vicidial_has_a_mode():
    assert set(FROM_VICIDIAL.values()) <= set(MODES)
    assert FROM_VICIDIAL["ADAPT_TAPERED"] == "predictive"
