"""The life of a call that comes in: nobody is left in silence, and nothing is taken unasked."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.model.attempt import (
    Action,
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
)
from dialer.model.call_events import (
    Answered,
    Bridged,
    CallOutcome,
    Dtmf,
    Ended,
    PlayFinished,
    Unbridged,
)
from dialer.model.inbound_call import advance, result
from dialer.model.offer import Book, Booked, Choice, Hush, Offer, StopFinding

OFFER = Offer(
    choices=frozenset(Choice),
    menu="menu",
    last_menu="last_menu",
    music="music",
    speak="speak",
    taken="taken",
    booked="booked",
    not_booked="not_booked",
    no_calls="no_calls",
    goodbye="goodbye",
    longest_message_s=60.0,
    longest_wait_s=900.0,
    key_patience_s=6.0,
)
WAITING = CallPlan(
    live_message="menu",
    voicemail=None,
    record=True,
    recording_notice="notice",
    detect_machine=False,
    agent=True,
    apology="apology",
    agent_patience_s=20.0,
    offer=OFFER,
)
NOBODY = replace(WAITING, agent=False, record=False)
COUNTS_IN = {
    "agent": Phase.AWAITING_AGENT,
    "key": Phase.AWAITING_KEY,
    "message": Phase.TAKING_MESSAGE,
}
"""The phase in which a timer moves the call on."""


def event(kind: type, at: float = 0.0, **facts: object) -> Signal:
    made: Signal = kind(call_id="in-1", seq=1, at=at, **facts)
    return made


def played(media: str, at: float = 0.0, *, completed: bool = True) -> Signal:
    return event(PlayFinished, at, media=media, completed=completed)


def ended(at: float) -> Signal:
    return event(
        Ended,
        at,
        outcome=CallOutcome.ANSWERED,
        sip_code=200,
        q850=None,
        reason="",
        hung_up_by="them",
        ringing_seen=True,
        ring_ms=0,
        talk_ms=0,
    )


def run(plan: CallPlan, *signals: Signal) -> tuple[Call, list[Action]]:
    call, done = Call(call_id="in-1", plan=plan), []
    for signal in signals:
        call, actions = advance(call, signal)
        done += actions
    return call, done


def said(done: list[Action]) -> list[str]:
    return [action.media for action in done if isinstance(action, Play)]


def test_who_waits_hears_music_and_then_may_choose_or_wait_on() -> None:
    call, done = run(
        WAITING,
        event(Answered),
        played("notice"),
        played("music"),
        TimerFired(name="agent"),
        played("menu"),
        played("music"),
    )
    assert said(done) == ["notice", "music", "music", "menu", "music", "music"]
    assert call.phase is Phase.AWAITING_AGENT
    assert call.course.waits
    assert StopFinding() not in done


def test_no_key_counts_before_the_choice_was_offered() -> None:
    call, done = run(WAITING, event(Answered), event(Dtmf, digit="1"))
    assert Book() not in done
    assert call.digits == "1"


def test_one_books_a_callback_and_no_agent_is_looked_for_any_more() -> None:
    call, done = run(
        WAITING,
        event(Answered),
        played("notice"),
        TimerFired(name="agent"),
        event(Dtmf, digit="1"),
        Booked(at_an_hour=True),
        AgentFound(leg_id="leg"),
        played("booked"),
        ended(30.0),
    )
    assert said(done)[-1] == "booked"
    assert done.count(Book()) == done.count(StopFinding()) == 1
    assert ReleaseAgent(leg_id="leg") in done
    assert HangUp() in done
    assert result(call) == "callback"


def test_where_nobody_is_at_work_the_choice_comes_at_once_twice_and_then_goodbye() -> None:
    call, done = run(
        NOBODY,
        event(Answered),
        played("last_menu"),
        TimerFired(name="key"),
        played("last_menu"),
        TimerFired(name="key"),
        played("goodbye"),
        ended(40.0),
    )
    assert said(done) == ["last_menu", "last_menu", "goodbye"]
    assert FindAgent() not in done
    assert result(call) == "left"


def test_a_message_is_taken_after_the_tone_until_the_hash_key() -> None:
    call, done = run(
        NOBODY,
        event(Answered, 1.0),
        event(Dtmf, 3.0, digit="2"),
        played("speak", 8.0),
        event(Dtmf, 20.0, digit="#"),
        played("taken", 22.0),
        ended(22.0),
    )
    assert done.index(Record()) < done.index(Play(media="speak"))
    assert (call.notice_ms, call.course.message_ms, call.course.message_s) == (5000, 5000, 12.0)
    assert result(call) == "message"


def test_a_message_ends_at_the_limit_and_one_of_half_a_second_is_none() -> None:
    begun = (event(Answered), event(Dtmf, 3.0, digit="2"), played("speak", 8.0))
    call, done = run(NOBODY, *begun, TimerFired(name="message"))
    assert (call.course.message_s, said(done)[-1]) == (60.0, "taken")
    short, _ = run(NOBODY, *begun, ended(8.5))
    assert (short.course.message_s, result(short)) == (0.0, "left")


def test_the_longest_wait_ends_in_the_choice_without_an_agent() -> None:
    call, done = run(WAITING, event(Answered), played("notice"), TimerFired(name="longest"))
    assert said(done)[-1] == "last_menu"
    assert StopFinding() in done
    assert not call.course.waits


def test_an_agent_who_comes_while_the_menu_is_said_is_bridged() -> None:
    call, done = run(
        WAITING,
        event(Answered),
        played("notice"),
        TimerFired(name="agent"),
        AgentFound(leg_id="leg"),
        event(Bridged, peer="leg"),
        ended(90.0),
    )
    assert done.index(Hush()) < done.index(Connect(leg_id="leg"))
    assert result(call) == "talked"


def test_the_notice_is_not_cut_by_an_agent_who_comes_at_once() -> None:
    _, done = run(WAITING, event(Answered), AgentFound(leg_id="leg"))
    assert Hush() not in done


class Phoning(RuleBasedStateMachine):
    """A caller, an engine that does as it is asked, and agents who come and go."""

    @initialize(
        agent=st.booleans(),
        record=st.booleans(),
        choices=st.frozensets(st.sampled_from(list(Choice))),
    )
    def rings(self, agent: bool, record: bool, choices: frozenset[Choice]) -> None:
        offer = replace(OFFER, choices=choices)
        self.call = Call(
            call_id="in-1", plan=replace(WAITING, agent=agent, record=record, offer=offer)
        )
        self.now = 0.0
        self.playing: str | None = None
        self.timers: list[Arm] = []
        self.finding = self.booking = self.recording = False
        self.connecting: str | None = None
        self.bridged = False
        self.hung_up = 0
        self.spoken_to = False
        self.tell(Answered)

    def tell(self, kind: type, **facts: object) -> None:
        self.take(event(kind, self.now, **facts))

    def take(self, signal: Signal) -> None:
        before = self.call
        self.call, actions = advance(self.call, signal)
        if before.phase is Phase.CLOSED:
            assert (self.call, actions) == (before, ())
        for action in actions:
            self.do(action)

    def do(self, action: Action) -> None:
        match action:
            case Play(media=media):
                self.playing = media
            case Hush():
                self.playing = None
            case Arm():
                assert action.name not in [timer.name for timer in self.timers]
                self.timers.append(action)
            case FindAgent():
                assert not self.finding
                self.finding = True
            case StopFinding():
                self.finding = False
            case Connect(leg_id=leg):
                assert self.call.course.choice is None
                self.connecting = leg
            case Record():
                assert not self.recording
                self.recording = True
            case Book():
                assert self.call.course.choice is Choice.CALLBACK
                self.booking = True
            case HangUp():
                self.hung_up += 1
            case ReleaseAgent() | Close():
                pass

    @precondition(lambda self: self.playing is not None)
    @rule()
    def it_is_played(self) -> None:
        media, self.playing = self.playing, None
        self.now += 5.0
        self.spoken_to = self.spoken_to or media in ("speak", "notice")
        self.tell(PlayFinished, media=media, completed=True)

    @precondition(lambda self: self.timers)
    @rule(chosen=st.integers(min_value=0))
    def a_timer_fires(self, chosen: int) -> None:
        timer = self.timers.pop(chosen % len(self.timers))
        self.now += 1.0
        self.take(TimerFired(name=timer.name))

    @rule(digit=st.sampled_from("1290#"))
    def a_key_is_pressed(self, digit: str) -> None:
        self.now += 1.0
        self.tell(Dtmf, digit=digit)

    @precondition(lambda self: self.finding)
    @rule()
    def an_agent_is_found(self) -> None:
        self.finding = False
        self.take(AgentFound(leg_id="leg"))

    @precondition(lambda self: self.connecting is not None)
    @rule(well=st.booleans())
    def it_is_bridged_or_not(self, well: bool) -> None:
        leg, self.connecting = self.connecting, None
        self.bridged = well
        if well:
            self.tell(Bridged, peer=leg)
        else:
            self.take(AgentGone(leg_id=str(leg)))

    @precondition(lambda self: self.bridged)
    @rule()
    def the_agents_leg_is_lost(self) -> None:
        self.bridged = False
        self.tell(Unbridged, peer="leg")

    @precondition(lambda self: self.booking)
    @rule(at_an_hour=st.booleans())
    def the_wish_is_kept(self, at_an_hour: bool) -> None:
        self.booking = False
        self.take(Booked(at_an_hour=at_an_hour))

    @rule()
    def the_caller_hangs_up(self) -> None:
        self.now += 1.0
        self.take(ended(self.now))
        self.playing, self.finding, self.bridged, self.connecting = None, False, False, None

    @invariant()
    def something_always_comes_next(self) -> None:
        """Nobody is left on a line where nothing is said, awaited or counted down."""
        if self.call.phase in (Phase.CLOSED, Phase.ENDING):
            return
        timed = [timer for timer in self.timers if COUNTS_IN.get(timer.name) is self.call.phase]
        awaited = (self.playing, timed, self.booking, self.connecting, self.bridged)
        assert any(awaited), self.call

    @invariant()
    def an_agent_is_looked_for_only_for_who_waits(self) -> None:
        if self.call.phase is Phase.CLOSED:
            return
        waiting = self.call.phase in (Phase.AWAITING_AGENT, Phase.OFFERING)
        assert self.finding == (waiting and self.call.course.waits), self.call

    @invariant()
    def nothing_is_taken_unasked(self) -> None:
        course = self.call.course
        if course.choice is not None:
            assert self.call.plan.offer is not None
            assert course.choice in self.call.plan.offer.choices
        if course.message_from is not None:
            assert course.choice is Choice.MESSAGE
            assert self.recording
            assert self.spoken_to
        assert self.hung_up <= 1


TestPhoning = Phoning.TestCase
