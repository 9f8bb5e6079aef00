"""The life of one call, from permit to outcome: a pure state machine.

`advance(call, signal)` gives the next state and what the engine is to do. A closed call stays
closed and asks for nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from dialer.model.call_events import (
    Answered,
    BeepHeard,
    CallEvent,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
    Ringing,
)

VERDICT_PATIENCE_S = 5.0
BEEP_PATIENCE_S = 20.0
KEY_PATIENCE_S = 2.0


class Phase(StrEnum):
    DIALING = "dialing"
    RINGING = "ringing"
    DETECTING = "detecting"
    SPEAKING = "speaking"  # our message plays to a person
    AWAITING_KEY = "awaiting_key"
    AWAITING_BEEP = "awaiting_beep"
    LEAVING_MESSAGE = "leaving_message"
    ENDING = "ending"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What this call is for. Media are names of prepared messages, None = say nothing."""

    live_message: str
    voicemail: str | None
    record: bool
    recording_notice: str | None
    detect_machine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it stands."""

    call_id: str
    plan: CallPlan
    phase: Phase = Phase.DIALING
    machine: Machine | None = None
    machine_why: str | None = None
    notice_played: bool = False
    message_completed: bool = False
    digits: str = ""
    ended: Ended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A patience armed by `Arm` has run out."""

    name: str


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
class Close:
    """The call is over; its outcome may be written."""


Action = Play | Record | HangUp | Arm | Close
Signal = CallEvent | TimerFired


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
            return _answered(call)
        case MachineVerdict() if call.phase is Phase.DETECTING:
            return _judged(
                replace(call, machine=signal.verdict, machine_why=signal.why), signal.verdict
            )
        case TimerFired(name="verdict") if call.phase is Phase.DETECTING:
            return _judged(
                replace(call, machine=Machine.NOT_SURE, machine_why="no verdict in time"),
                Machine.NOT_SURE,
            )
        case BeepHeard() if call.phase is Phase.AWAITING_BEEP and call.plan.voicemail:
            return replace(call, phase=Phase.LEAVING_MESSAGE), (Play(media=call.plan.voicemail),)
        case PlayFinished() if signal.completed:
            return _played(call, signal.media)
        case Dtmf():
            return replace(call, digits=call.digits + signal.digit), ()
        case TimerFired(name="beep") if call.phase is Phase.AWAITING_BEEP:
            return _end(call)
        case TimerFired(name="key") if call.phase is Phase.AWAITING_KEY:
            return _end(call)
    return call, ()


def outcome(call: Call) -> str | None:
    """What an answered call came to, in the words of the contact history.

    None while the call is open, and for a call that was never answered: there the carrier's
    answer decides (`telephony.causes`).
    """
    if call.ended is None or call.ended.outcome is not CallOutcome.ANSWERED:
        return None
    if call.machine is Machine.MACHINE:
        return "voicemail_message" if call.message_completed else "voicemail_no_message"
    if call.machine is None and call.plan.detect_machine:
        return "answered_dropped"
    return "message_played"


def _answered(call: Call) -> tuple[Call, tuple[Action, ...]]:
    record: tuple[Action, ...] = (Record(),) if call.plan.record else ()
    if call.plan.detect_machine:
        waiting = Arm(name="verdict", seconds=VERDICT_PATIENCE_S)
        return replace(call, phase=Phase.DETECTING), (*record, waiting)
    speaking, actions = _speak(call)
    return speaking, (*record, *actions)


def _judged(call: Call, verdict: Machine) -> tuple[Call, tuple[Action, ...]]:
    if verdict is not Machine.MACHINE:
        return _speak(call)
    if call.plan.voicemail is None:
        return _end(call)
    patience = Arm(name="beep", seconds=BEEP_PATIENCE_S)
    return replace(call, phase=Phase.AWAITING_BEEP), (patience,)


def _speak(call: Call) -> tuple[Call, tuple[Action, ...]]:
    first = call.plan.live_message
    if call.plan.record and call.plan.recording_notice:
        first = call.plan.recording_notice
    return replace(call, phase=Phase.SPEAKING), (Play(media=first),)


def _played(call: Call, media: str) -> tuple[Call, tuple[Action, ...]]:
    if call.phase is Phase.SPEAKING and media == call.plan.recording_notice:
        return replace(call, notice_played=True), (Play(media=call.plan.live_message),)
    if call.phase is Phase.SPEAKING:
        patience = Arm(name="key", seconds=KEY_PATIENCE_S)
        return replace(call, phase=Phase.AWAITING_KEY, message_completed=True), (patience,)
    if call.phase is Phase.LEAVING_MESSAGE:
        return _end(replace(call, message_completed=True))
    return call, ()


def _end(call: Call) -> tuple[Call, tuple[Action, ...]]:
    return replace(call, phase=Phase.ENDING), (HangUp(),)
