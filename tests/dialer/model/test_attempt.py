"""The call state machine: what a person, a machine and a dead line each lead to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.model.attempt import (
    AGENT_PATIENCE_S,
    AgentFound,
    AgentGone,
    Arm,
    Call,
    CallPlan,
    Close,
    Connect,
    FindAgent,
    HangUp,
    Phase,
    Play,
    Record,
    ReleaseAgent,
    Signal,
    TimerFired,
    advance,
    outcome,
)
from dialer.model.call_events import (
    Answered,
    BeepHeard,
    Bridged,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
    Ringing,
    Trying,
    Unbridged,
)

PLAN = CallPlan(
    live_message="live",
    voicemail="voicemail",
    record=True,
    recording_notice="notice",
    detect_machine=True,
)


def ended(how: CallOutcome = CallOutcome.ANSWERED) -> Ended:
    return Ended(
        call_id="c",
        seq=9,
        at=9.0,
        outcome=how,
        sip_code=200,
        q850=16,
        reason="",
        hung_up_by="them",
        ringing_seen=True,
        ring_ms=10,
        talk_ms=20,
    )


def event(kind: type, **fields: object) -> Signal:
    made: Signal = kind(call_id="c", seq=1, at=1.0, **fields)
    return made


def verdict(machine: Machine, quiet_ms: int = 0) -> Signal:
    return event(MachineVerdict, verdict=machine, why="greeting", ms=900, quiet_ms=quiet_ms)


def played(media: str, *, completed: bool = True) -> Signal:
    return event(PlayFinished, media=media, completed=completed)


def run(plan: CallPlan, *signals: Signal) -> tuple[Call, list[object]]:
    call, done = Call(call_id="c", plan=plan), []
    for signal in signals:
        call, actions = advance(call, signal)
        done.extend(actions)
    return call, done


def test_a_person_hears_the_notice_before_the_message_and_has_time_for_a_key() -> None:
    call, done = run(
        PLAN,
        event(Trying),
        event(Ringing),
        event(Answered),
        verdict(Machine.HUMAN),
        played("notice"),
        played("live"),
        event(Dtmf, digit="9"),
        TimerFired(name="key"),
        ended(),
    )
    spoken = [a.media for a in done if isinstance(a, Play)]
    assert spoken == ["notice", "live"]
    assert done.index(Record()) < done.index(Play(media="notice"))
    assert done[-2:] == [HangUp(), Close()]
    assert (call.digits, call.notice_played, outcome(call)) == ("9", True, "message_played")


def test_a_machine_gets_the_voicemail_after_the_beep_and_nothing_else() -> None:
    call, done = run(
        PLAN,
        event(Answered),
        verdict(Machine.MACHINE),
        event(BeepHeard),
        played("voicemail"),
        ended(),
    )
    assert [a.media for a in done if isinstance(a, Play)] == ["voicemail"]
    assert outcome(call) == "voicemail_message"


def test_a_machine_without_a_beep_is_left_without_a_message() -> None:
    call, done = run(
        PLAN, event(Answered), verdict(Machine.MACHINE), TimerFired(name="beep"), ended()
    )
    assert HangUp() in done
    assert outcome(call) == "voicemail_no_message"


def test_no_verdict_in_time_is_treated_as_a_person() -> None:
    call, done = run(PLAN, event(Answered), TimerFired(name="verdict"))
    assert call.machine is Machine.NOT_SURE
    assert Play(media="notice") in done


def test_an_answer_that_drops_before_the_verdict_is_said_to_have_dropped() -> None:
    call, _ = run(PLAN, event(Answered), ended())
    assert outcome(call) == "answered_dropped"


def test_an_unanswered_call_leaves_its_outcome_to_the_carriers_answer() -> None:
    call, done = run(PLAN, event(Ringing), ended(CallOutcome.BUSY))
    assert outcome(call) is None
    assert done == [Close()]


def test_it_is_known_where_in_the_recording_the_notice_ends() -> None:
    answer = Answered(call_id="c", seq=1, at=10.0)
    heard = PlayFinished(call_id="c", seq=2, at=14.5, media="notice", completed=True)
    call, _ = run(PLAN, answer, verdict(Machine.HUMAN), heard)
    assert call.notice_ms == 4500


def test_without_recording_there_is_no_notice() -> None:
    plan = CallPlan(
        live_message="live",
        voicemail=None,
        record=False,
        recording_notice="notice",
        detect_machine=False,
    )
    _, done = run(plan, event(Answered))
    assert done == [Play(media="live")]


AGENTS = CallPlan(
    live_message="live",
    voicemail="voicemail",
    record=True,
    recording_notice="notice",
    detect_machine=True,
    limited_content=True,
    agent=True,
    abandonment="safe_harbour",
    apology="apology",
)
FOUND, JOINED = AgentFound(leg_id="a"), event(Bridged, peer="a")
LATE = TimerFired(name="agent")


def test_a_person_is_given_to_an_agent_and_hears_only_the_notice_from_us() -> None:
    call, done = run(
        AGENTS,
        event(Answered),
        verdict(Machine.HUMAN, quiet_ms=800),
        FOUND,
        JOINED,
        played("notice"),
        LATE,
        ended(),
    )
    assert [a.media for a in done if isinstance(a, Play)] == ["notice"]
    assert done[-2:] == [Connect(leg_id="a"), Close()]
    assert (call.notice_played, outcome(call)) == (True, "conversation")


def test_the_two_seconds_run_from_the_end_of_the_greeting() -> None:
    _, done = run(AGENTS, event(Answered), verdict(Machine.HUMAN, quiet_ms=800))
    patience = [a.seconds for a in done if isinstance(a, Arm) and a.name == "agent"]
    assert patience == [AGENT_PATIENCE_S - 0.8]


def test_without_an_agent_in_time_the_call_is_abandoned_and_says_who_called() -> None:
    call, done = run(
        AGENTS,
        event(Answered),
        verdict(Machine.NOT_SURE),
        LATE,
        played("safe_harbour"),
        event(Dtmf, digit="9"),
        TimerFired(name="key"),
        ended(),
    )
    assert [a.media for a in done if isinstance(a, Play)] == ["notice", "safe_harbour"]
    assert HangUp() in done
    assert (call.digits, outcome(call)) == ("9", "abandoned")


def test_an_agent_who_comes_too_late_is_set_free() -> None:
    _, done = run(AGENTS, event(Answered), verdict(Machine.HUMAN), LATE, FOUND)
    assert done[-1] == ReleaseAgent(leg_id="a")


def test_an_agent_who_can_not_be_bridged_is_replaced_while_there_is_time() -> None:
    start = (event(Answered), verdict(Machine.HUMAN), FOUND)
    _, done = run(AGENTS, *start, AgentGone(leg_id="a"))
    assert done[-2:] == [ReleaseAgent(leg_id="a"), FindAgent()]
    call, done = run(AGENTS, *start, LATE, AgentGone(leg_id="a"), ended())
    assert done[-3:] == [ReleaseAgent(leg_id="a"), Play(media="safe_harbour"), Close()]
    assert outcome(call) == "abandoned"


def test_when_the_agents_leg_is_lost_the_consumer_hears_an_apology() -> None:
    call, done = run(
        AGENTS,
        event(Answered),
        verdict(Machine.HUMAN),
        FOUND,
        JOINED,
        event(Unbridged, peer="a"),
        played("apology"),
        ended(),
    )
    assert done[-3:] == [Play(media="apology"), HangUp(), Close()]
    assert (call.agent_lost, outcome(call)) == (True, "conversation")


def test_a_machine_is_never_given_to_an_agent() -> None:
    call, done = run(
        AGENTS,
        event(Answered),
        verdict(Machine.MACHINE),
        event(BeepHeard),
        played("voicemail"),
        ended(),
    )
    assert FindAgent() not in done
    assert outcome(call) == "voicemail_limited_content"


def test_a_person_who_leaves_before_the_two_seconds_was_not_abandoned() -> None:
    call, _ = run(AGENTS, event(Answered), verdict(Machine.HUMAN), ended())
    assert outcome(call) == "answered_dropped"


signals = st.one_of(
    st.just(event(Trying)),
    st.just(event(Ringing)),
    st.just(event(Answered)),
    st.sampled_from(Machine).map(verdict),
    st.just(event(BeepHeard)),
    st.sampled_from("0123456789*#").map(lambda digit: event(Dtmf, digit=digit)),
    st.builds(
        played,
        st.sampled_from(["notice", "live", "voicemail", "safe_harbour", "apology"]),
        completed=st.booleans(),
    ),
    st.sampled_from(["verdict", "beep", "key", "agent"]).map(lambda name: TimerFired(name=name)),
    st.sampled_from("ab").map(lambda leg: AgentFound(leg_id=leg)),
    st.sampled_from("ab").map(lambda leg: AgentGone(leg_id=leg)),
    st.sampled_from([Bridged, Unbridged]).map(lambda kind: event(kind, peer="a")),
    st.sampled_from(CallOutcome).map(ended),
)
plans = st.builds(
    CallPlan,
    live_message=st.just("live"),
    voicemail=st.sampled_from([None, "voicemail"]),
    record=st.booleans(),
    recording_notice=st.sampled_from([None, "notice"]),
    detect_machine=st.booleans(),
    agent=st.booleans(),
    abandonment=st.sampled_from([None, "safe_harbour"]),
    apology=st.sampled_from([None, "apology"]),
)


@given(plans, st.lists(signals, max_size=25))
def test_whatever_comes_a_closed_call_stays_closed_and_is_closed_once(
    plan: CallPlan, heard: list[Signal]
) -> None:
    call, done = run(plan, *heard)
    over = any(isinstance(signal, Ended) for signal in heard)
    assert (call.phase is Phase.CLOSED) == over
    assert done.count(Close()) == int(over)
    again, more = advance(call, ended())
    assert not over or (again == call and more == ())


@given(plans, st.lists(signals, max_size=25))
def test_nothing_is_said_before_the_answer_nor_to_a_machine_as_if_it_were_a_person(
    plan: CallPlan, heard: list[Signal]
) -> None:
    call, answered = Call(call_id="c", plan=plan), False
    for signal in heard:
        answered = answered or isinstance(signal, Answered)
        call, actions = advance(call, signal)
        for action in actions:
            if isinstance(action, Play):
                assert answered
                assert action.media != "live" or call.machine is not Machine.MACHINE
            if isinstance(action, Arm):
                assert action.seconds > 0


@given(plans, st.lists(signals, max_size=25))
def test_agents_are_sought_for_people_only_and_each_one_found_is_used_or_set_free(
    plan: CallPlan, heard: list[Signal]
) -> None:
    call = Call(call_id="c", plan=plan)
    for signal in heard:
        was_open = call.phase is not Phase.CLOSED
        call, actions = advance(call, signal)
        if FindAgent() in actions:
            assert plan.agent
            assert call.machine is not Machine.MACHINE
        given_away = [a for a in actions if isinstance(a, Connect | ReleaseAgent)]
        if isinstance(signal, AgentFound) and was_open:
            assert [a.leg_id for a in given_away] == [signal.leg_id]
    assert not (call.conversation and call.abandoned)
    if call.abandoned or call.conversation:
        assert plan.agent


@given(st.lists(signals, max_size=25))
def test_with_agents_a_person_waits_no_longer_than_the_law_allows(heard: list[Signal]) -> None:
    """Wherever a call stands with a person and no agent, the end of patience ends the wait."""
    call = Call(call_id="c", plan=AGENTS)
    for signal in heard:
        call, _ = advance(call, signal)
    if call.phase is Phase.AWAITING_AGENT:
        call, actions = advance(call, LATE)
        assert actions == (Play(media="safe_harbour"),)
        assert call.abandoned
