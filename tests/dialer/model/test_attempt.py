"""The call state machine: what a person, a machine and a dead line each lead to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.model.attempt import (
    Arm,
    Call,
    CallPlan,
    Close,
    HangUp,
    Phase,
    Play,
    Record,
    Signal,
    TimerFired,
    advance,
    outcome,
)
from dialer.model.call_events import (
    Answered,
    BeepHeard,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
    Ringing,
    Trying,
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


def verdict(machine: Machine) -> Signal:
    return event(MachineVerdict, verdict=machine, why="greeting", ms=900)


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


signals = st.one_of(
    st.just(event(Trying)),
    st.just(event(Ringing)),
    st.just(event(Answered)),
    st.sampled_from(Machine).map(verdict),
    st.just(event(BeepHeard)),
    st.sampled_from("0123456789*#").map(lambda digit: event(Dtmf, digit=digit)),
    st.builds(played, st.sampled_from(["notice", "live", "voicemail"]), completed=st.booleans()),
    st.sampled_from(["verdict", "beep", "key"]).map(lambda name: TimerFired(name=name)),
    st.sampled_from(CallOutcome).map(ended),
)
plans = st.builds(
    CallPlan,
    live_message=st.just("live"),
    voicemail=st.sampled_from([None, "voicemail"]),
    record=st.booleans(),
    recording_notice=st.sampled_from([None, "notice"]),
    detect_machine=st.booleans(),
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
