"""The life of one call, from permit to outcome: a pure state machine.

`advance(call, signal)` gives the next state and what the engine is to do. A closed call stays
closed and asks for nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialer.model.call_events import (
    Answered,
    BeepHeard,
    Bridged,
    CallEvent,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
    Ringing,
    Unbridged,
)
from dialer.model.offer import Book, Booked, Course, Hush, Offer, StopFinding

VERDICT_PATIENCE_S = 8.5
BEEP_PATIENCE_S = 20.0
KEY_PATIENCE_S = 2.0
AGENT_PATIENCE_S = 2.0
"""A person is with an agent within two seconds of the end of their greeting, or the call is
abandoned and says so (16 CFR 310.4(b)(4)(ii)-(iii), 47 CFR 64.1200(a)(7))."""


class Phase(StrEnum):
    DIALING = "dialing"
    RINGING = "ringing"
    DETECTING = "detecting"
    SPEAKING = "speaking"  # our message plays to a person
    AWAITING_KEY = "awaiting_key"
    AWAITING_BEEP = "awaiting_beep"
    LEAVING_MESSAGE = "leaving_message"
    AWAITING_AGENT = "awaiting_agent"  # a person is on the line and nobody with them
    CONNECTING = "connecting"  # an agent is found and being bridged
    TALKING = "talking"
    ABANDONING = "abandoning"  # the safe-harbour message plays
    APOLOGIZING = "apologizing"  # the agent's leg was lost
    OFFERING = "offering"  # a caller hears what they may choose
    BOOKING = "booking"  # their wish to be called back is being kept
    PROMPTING = "prompting"  # they are asked to speak after the tone
    TAKING_MESSAGE = "taking_message"  # they speak
    PARTING = "parting"  # the last words before we hang up
    ENDING = "ending"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What this call is for. Media are names of prepared messages, None = say nothing.

    With `agent` a person is for an agent, and `live_message` is not said; `agent_patience_s` is
    how long one is waited for. `limited_content` tells whether `voicemail` is a message that
    reveals no debt. `offer` is for a caller whom nobody takes (`dialer.model.inbound_call`).
    """

    live_message: str
    voicemail: str | None
    record: bool
    recording_notice: str | None
    detect_machine: bool
    limited_content: bool = False
    agent: bool = False
    abandonment: str | None = None
    apology: str | None = None
    agent_patience_s: float = AGENT_PATIENCE_S
    offer: Offer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it stands."""

    call_id: str
    plan: CallPlan
    phase: Phase = Phase.DIALING
    machine: Machine | None = None
    machine_why: str | None = None
    machine_confidence: float | None = None
    answered_at: float | None = None  # the engine's clock, seconds
    notice_played: bool = False
    notice_ms: int | None = None  # from the answer, and so the recording's start, to its end
    message_completed: bool = False
    conversation: bool = False
    abandoned: bool = False
    agent_overdue: bool = False
    agent_lost: bool = False
    outside: bool = False  # the agent has handed the talk over to somebody outside
    digits: str = ""
    course: Course = field(default_factory=Course)
    ended: Ended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A patience armed by `Arm` has run out."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFound:
    """An agent is reserved for this call; `leg_id` is their line."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGone:
    """The agent that was found could not be bridged."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Another has taken the agent's place: a colleague, or somebody outside."""

    to_agent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    media: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Start the recording of both directions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """End the call from our side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Send `TimerFired(name)` after `seconds`, unless the call has moved on."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAgent:
    """Reserve an agent; `AgentFound` is to follow as soon as there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Bridge the agent in, with a tone in their ear; `Bridged` or `AgentGone` is to follow."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAgent:
    """The agent is not needed here."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The call is over; its outcome may be written."""


Action = (
    Play
    | Record
    | HangUp
    | Arm
    | FindAgent
    | Connect
    | ReleaseAgent
    | Close
    | Hush
    | StopFinding
    | Book
)
Signal = CallEvent | TimerFired | AgentFound | AgentGone | HandedOver | Booked


def advance(call: Call, signal: Signal) -> tuple[Call, tuple[Action, ...]]:
    """The next state of the call, and what to do now."""
    if call.phase is Phase.CLOSED:
        return call, ()
    match signal:
        case Ended():
            return replace(call, phase=Phase.CLOSED, ended=signal), (Close(),)
        case Ringing() if call.phase is Phase.DIALING:
            return replace(call, phase=Phase.RINGING), ()
        case Answered() if call.phase in (Phase.DIALING, Phase.RINGING):
            return _answered(replace(call, answered_at=signal.at))
        case MachineVerdict() if call.phase is Phase.DETECTING:
            judged = replace(
                call,
                machine=signal.verdict,
                machine_why=signal.why,
                machine_confidence=signal.confidence,
            )
            return _judged(judged, signal.verdict, quiet_s=signal.quiet_ms / 1000)
        case BeepHeard() if call.phase is Phase.AWAITING_BEEP and call.plan.voicemail:
            return replace(call, phase=Phase.LEAVING_MESSAGE), (Play(media=call.plan.voicemail),)
        case PlayFinished() if signal.completed:
            return _played(call, signal.media, signal.at)
        case Dtmf():
            return replace(call, digits=call.digits + signal.digit), ()
        case TimerFired():
            return _fired(call, signal.name)
        case AgentFound() | AgentGone() | Bridged() | Unbridged():
            return _agent(call, signal)
        case HandedOver() if call.phase is Phase.TALKING:
            return replace(call, outside=not signal.to_agent), ()
    return call, ()


def outcome(call: Call) -> str | None:
    """What an answered call came to, in the words of the contact history.

    None while the call is open, and for a call that was never answered: there the carrier's
    answer decides (`telephony.causes`).
    """
    if call.ended is None or call.ended.outcome is not CallOutcome.ANSWERED:
        return None
    if call.conversation:
        return "conversation"
    if call.abandoned:
        return "abandoned"
    if call.machine is Machine.MACHINE:
        left = "voicemail_limited_content" if call.plan.limited_content else "voicemail_message"
        return left if call.message_completed else "voicemail_no_message"
    if call.plan.agent or (call.machine is None and call.plan.detect_machine):
        return "answered_dropped"
    return "message_played"


def _answered(call: Call) -> tuple[Call, tuple[Action, ...]]:
    record: tuple[Action, ...] = (Record(),) if call.plan.record else ()
    if call.plan.detect_machine:
        waiting = Arm(name="verdict", seconds=VERDICT_PATIENCE_S)
        return replace(call, phase=Phase.DETECTING), (*record, waiting)
    met, actions = _meet(call, quiet_s=0.0)
    return met, (*record, *actions)


def _judged(call: Call, verdict: Machine, *, quiet_s: float) -> tuple[Call, tuple[Action, ...]]:
    if verdict is not Machine.MACHINE:
        return _meet(call, quiet_s=quiet_s)
    if call.plan.voicemail is None:
        return _end(call)
    patience = Arm(name="beep", seconds=BEEP_PATIENCE_S)
    return replace(call, phase=Phase.AWAITING_BEEP), (patience,)


def _meet(call: Call, *, quiet_s: float) -> tuple[Call, tuple[Action, ...]]:
    """A person is on the line, and has been quiet for so long since their greeting."""
    plan = call.plan
    notice = plan.recording_notice if plan.record else None
    if not plan.agent:
        return replace(call, phase=Phase.SPEAKING), (Play(media=notice or plan.live_message),)
    spoken: tuple[Action, ...] = (Play(media=notice),) if notice else ()
    patience = Arm(name="agent", seconds=max(0.0, plan.agent_patience_s - quiet_s))
    return replace(call, phase=Phase.AWAITING_AGENT), (FindAgent(), patience, *spoken)


def _fired(call: Call, name: str) -> tuple[Call, tuple[Action, ...]]:
    match name, call.phase:
        case "verdict", Phase.DETECTING:
            judged = replace(call, machine=Machine.NOT_SURE, machine_why="no verdict in time")
            return _judged(judged, Machine.NOT_SURE, quiet_s=0.0)
        case "agent", Phase.AWAITING_AGENT:
            return _abandon(call)
        case "agent", Phase.CONNECTING:
            return replace(call, agent_overdue=True), ()
        case ("beep", Phase.AWAITING_BEEP) | ("key", Phase.AWAITING_KEY):
            return _end(call)
    return call, ()


def _agent(
    call: Call, signal: AgentFound | AgentGone | Bridged | Unbridged
) -> tuple[Call, tuple[Action, ...]]:
    match signal, call.phase:
        case AgentFound(), Phase.AWAITING_AGENT:
            return replace(call, phase=Phase.CONNECTING), (Connect(leg_id=signal.leg_id),)
        case AgentFound(), _:
            return call, (ReleaseAgent(leg_id=signal.leg_id),)
        case AgentGone(), Phase.CONNECTING:
            release = ReleaseAgent(leg_id=signal.leg_id)
            if call.agent_overdue:
                abandoned, actions = _abandon(call)
                return abandoned, (release, *actions)
            return replace(call, phase=Phase.AWAITING_AGENT), (release, FindAgent())
        case Bridged(), Phase.CONNECTING:
            return replace(call, phase=Phase.TALKING, conversation=True), ()
        case Unbridged(), Phase.TALKING if call.outside:
            return _end(call)
        case Unbridged(), Phase.TALKING:
            return _apologize(replace(call, agent_lost=True))
    return call, ()


def _abandon(call: Call) -> tuple[Call, tuple[Action, ...]]:
    call = replace(call, abandoned=True)
    if call.plan.abandonment is None:
        return _end(call)
    return replace(call, phase=Phase.ABANDONING), (Play(media=call.plan.abandonment),)


def _apologize(call: Call) -> tuple[Call, tuple[Action, ...]]:
    if call.plan.apology is None:
        return _end(call)
    return replace(call, phase=Phase.APOLOGIZING), (Play(media=call.plan.apology),)


def _played(call: Call, media: str, at: float) -> tuple[Call, tuple[Action, ...]]:
    plan = call.plan
    if media == plan.recording_notice:
        since = None if call.answered_at is None else round(1000 * (at - call.answered_at))
        call = replace(call, notice_played=True, notice_ms=since)
        speaking = call.phase is Phase.SPEAKING
        return call, (Play(media=plan.live_message),) if speaking else ()
    if call.phase is Phase.SPEAKING or (
        call.phase is Phase.ABANDONING and media == plan.abandonment
    ):
        patience = Arm(name="key", seconds=KEY_PATIENCE_S)
        return replace(call, phase=Phase.AWAITING_KEY, message_completed=True), (patience,)
    if call.phase is Phase.LEAVING_MESSAGE:
        return _end(replace(call, message_completed=True))
    if call.phase is Phase.APOLOGIZING and media == plan.apology:
        return _end(call)
    return call, ()


def _end(call: Call) -> tuple[Call, tuple[Action, ...]]:
    return replace(call, phase=Phase.ENDING), (HangUp(),)
