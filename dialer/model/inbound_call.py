"""The life of a call that comes in, from the ring to its end: a pure state machine.

`advance` is that of `dialer.model.attempt` with an offer in place of the abandonment: who waits for
an agent hears music; after the agent's patience, or at once where nobody is at work, they hear what
they may choose, and may go on waiting while somebody is looked for. The plan has an `offer`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dialer.model import attempt
from dialer.model.attempt import (
    Action,
    AgentFound,
    AgentGone,
    Arm,
    Call,
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
from dialer.model.call_events import Answered, Dtmf, Ended, PlayFinished
from dialer.model.offer import DONE_KEY, KEYS, Book, Booked, Choice, Hush, Offer, StopFinding

TIMES_ASKED = 2
"""How often who presses no key hears the last menu."""

NOTICE_PATIENCE_S = 1.0

Moved = tuple[Call, tuple[Action, ...]]


def advance(call: Call, signal: Signal) -> Moved:
    """The next state of the call, and what to do now."""
    match signal:
        case _ if call.phase is Phase.CLOSED:
            return call, ()
        case Answered() if call.phase in (Phase.DIALING, Phase.RINGING):
            return _answered(replace(call, answered_at=signal.at), signal.at)
        case Ended() if call.phase is Phase.TAKING_MESSAGE:
            call = _course(call, message_until=signal.at)
        case PlayFinished() if signal.completed:
            return _played(call, signal)
        case Dtmf():
            return _pressed(call, signal)
        case TimerFired():
            return _fired(call, signal.name)
        case AgentFound() if call.course.waits and call.phase in (
            Phase.AWAITING_AGENT,
            Phase.OFFERING,
        ):
            return _found(call, signal.leg_id)
        case AgentGone() if call.phase is Phase.CONNECTING:
            return _gone(call, signal.leg_id)
        case Booked() if call.phase is Phase.BOOKING:
            said = _offer_of(call).booked if signal.at_an_hour else _offer_of(call).not_booked
            return _part(_course(call, booked=signal.at_an_hour), said)
    return attempt.advance(call, signal)


def result(call: Call) -> str:
    """What a call that has ended came to, in one word of the list of calls that came in."""
    course = call.course
    if call.conversation:
        return "talked"
    if course.message_s:
        return "message"
    if course.choice in (Choice.CALLBACK, Choice.NO_CALLS):
        return str(course.choice)
    return "gave_up" if call.answered_at is None else "left"


def _answered(call: Call, at: float) -> Moved:
    plan, offer = call.plan, _offer_of(call)
    record: tuple[Action, ...] = ()
    if plan.record:
        call, record = _course(call, recorded_at=at), (Record(),)
    if not plan.agent:
        offered, actions = _offer(call)
        return offered, (*record, *actions)
    waiting = replace(_course(call, waits=True), phase=Phase.AWAITING_AGENT)
    return waiting, (
        *record,
        FindAgent(),
        Arm(name="agent", seconds=plan.agent_patience_s),
        Arm(name="longest", seconds=offer.longest_wait_s),
        Play(media=_notice_due(call) or offer.music),
    )


def _notice_due(call: Call) -> str | None:
    """The notice of the recording, while it is still to be heard to its end."""
    due = call.plan.record and not call.notice_played
    return call.plan.recording_notice if due else None


def _offer(call: Call) -> Moved:
    """Say what may be chosen."""
    offer, course = _offer_of(call), call.course
    menu = offer.menu if course.waits else offer.last_menu
    asked = course.asked + (not course.waits)
    call = replace(
        _course(call, offered=True, asked=asked), phase=Phase.OFFERING, agent_overdue=False
    )
    return call, (Play(media=menu),)


def _played(call: Call, finished: PlayFinished) -> Moved:
    """What was played came to its end. It may be older news than the phase that the call is in."""
    offer, media, waits = _offer_of(call), finished.media, call.course.waits
    last_words = (offer.taken, offer.booked, offer.not_booked, offer.no_calls, offer.goodbye)
    match call.phase:
        case Phase.AWAITING_AGENT if media in (call.plan.recording_notice, offer.music):
            call, actions = attempt.advance(call, finished)  # it may have been the notice
            return call, (*actions, Play(media=offer.music))
        case Phase.OFFERING if waits and media == offer.menu:
            patience = Arm(name="agent", seconds=call.plan.agent_patience_s)
            return replace(call, phase=Phase.AWAITING_AGENT), (Play(media=offer.music), patience)
        case Phase.OFFERING if not waits and media == offer.last_menu:
            if not offer.choices:
                return replace(call, phase=Phase.ENDING), (HangUp(),)
            patience = Arm(name="key", seconds=offer.key_patience_s)
            return replace(call, phase=Phase.AWAITING_KEY), (patience,)
        case Phase.PROMPTING if media == offer.speak:
            return _listen(call, finished.at)
        case Phase.PARTING if media in last_words:
            return replace(call, phase=Phase.ENDING), (HangUp(),)
    return attempt.advance(call, finished)


def _listen(call: Call, at: float) -> Moved:
    """The tone has sounded. Where nothing was said of recording before, the prompt said it."""
    if not call.notice_played and call.course.recorded_at is not None:
        since = round(1000 * (at - call.course.recorded_at))
        call = replace(call, notice_played=True, notice_ms=since)
    limit = Arm(name="message", seconds=_offer_of(call).longest_message_s)
    return replace(_course(call, message_from=at), phase=Phase.TAKING_MESSAGE), (limit,)


def _pressed(call: Call, pressed: Dtmf) -> Moved:
    if call.phase is Phase.TAKING_MESSAGE and pressed.digit == DONE_KEY:
        return _part(_course(call, message_until=pressed.at), _offer_of(call).taken)
    choice = KEYS.get(pressed.digit)
    asked = call.phase in (Phase.OFFERING, Phase.AWAITING_KEY) or (
        call.phase is Phase.AWAITING_AGENT and call.course.offered
    )
    if asked and choice in _offer_of(call).choices:
        return _chosen(call, choice, pressed.at)
    return attempt.advance(call, pressed)


def _chosen(call: Call, choice: Choice | None, at: float) -> Moved:
    offer = _offer_of(call)
    stop: tuple[Action, ...] = (StopFinding(),) if call.course.waits else ()
    call = _course(call, choice=choice, waits=False)
    match choice:
        case Choice.CALLBACK:
            return replace(call, phase=Phase.BOOKING), (*stop, Hush(), Book())
        case Choice.MESSAGE:
            if call.course.recorded_at is None:
                call, stop = _course(call, recorded_at=at), (*stop, Record())
            return replace(call, phase=Phase.PROMPTING), (*stop, Play(media=offer.speak))
    parting, actions = _part(call, offer.no_calls)
    return parting, (*stop, *actions)


def _fired(call: Call, name: str) -> Moved:
    offer = _offer_of(call)
    match name, call.phase:
        case "agent", Phase.AWAITING_AGENT if _notice_due(call):
            return call, (Arm(name="agent", seconds=NOTICE_PATIENCE_S),)
        case ("agent", Phase.AWAITING_AGENT):
            return _offer(call)
        case ("longest", Phase.AWAITING_AGENT | Phase.OFFERING) if call.course.waits:
            offered, actions = _offer(_course(call, waits=False))
            return offered, (StopFinding(), *actions)
        case "longest", Phase.CONNECTING:
            return _course(call, waits=False), ()
        case "key", Phase.AWAITING_KEY if call.course.asked < TIMES_ASKED:
            return _offer(call)
        case "key", Phase.AWAITING_KEY:
            return _part(call, offer.goodbye)
        case "message", Phase.TAKING_MESSAGE:
            end = (call.course.message_from or 0.0) + offer.longest_message_s
            return _part(_course(call, message_until=end), offer.taken)
        case "agent", Phase.CONNECTING:
            return replace(call, agent_overdue=True), ()
    return call, ()


def _found(call: Call, leg_id: str) -> Moved:
    """An agent is there. The notice is heard to its end; music and menu are not."""
    offering = call.phase is Phase.OFFERING
    hush: tuple[Action, ...] = () if _notice_due(call) else (Hush(),)
    connecting = replace(call, phase=Phase.CONNECTING, agent_overdue=offering)
    return connecting, (*hush, Connect(leg_id=leg_id))


def _gone(call: Call, leg_id: str) -> Moved:
    """The agent could not be bridged."""
    release = ReleaseAgent(leg_id=leg_id)
    if not call.course.waits:
        offered, actions = _offer(call)
        return offered, (release, *actions)
    if call.agent_overdue and not _notice_due(call):
        offered, actions = _offer(call)
        return offered, (release, FindAgent(), *actions)
    overdue: tuple[Action, ...] = ()
    if call.agent_overdue:
        overdue = (Arm(name="agent", seconds=NOTICE_PATIENCE_S),)
    music: tuple[Action, ...] = ()
    if not _notice_due(call):
        music = (Play(media=_offer_of(call).music),)
    waiting = replace(call, phase=Phase.AWAITING_AGENT, agent_overdue=False)
    return waiting, (release, FindAgent(), *overdue, *music)


def _part(call: Call, said: str) -> Moved:
    return replace(call, phase=Phase.PARTING), (Play(media=said),)


def _course(call: Call, **facts: Any) -> Call:
    return replace(call, course=replace(call.course, **facts))


def _offer_of(call: Call) -> Offer:
    offer = call.plan.offer
    assert offer is not None
    return offer
