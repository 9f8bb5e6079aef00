"""An agent's working state: a pure state machine.

`advance(agent, signal, now)` gives the agent as they stand then, or says why the signal does not
apply. A wish that would cut a consumer off (a break, training, the end of work) is kept until the
call and its wrap-up are over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

AgentId = NewType("AgentId", str)
CallId = NewType("CallId", str)

LOG_IN = "log-in"
"""The reason of the break that a shift begins with: nobody gets a call before asking for it."""
MISSED = "missed-call"
"""The reason of the break that follows an offered call which the agent's phone did not take."""


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    RESERVED = "reserved"  # a call is offered and being bridged
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    ON_BREAK = "on_break"
    TRAINING = "training"


WITH_CALL = frozenset({AgentState.RESERVED, AgentState.ON_CALL})
AWAY = frozenset({AgentState.ON_BREAK, AgentState.TRAINING, AgentState.OFFLINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where an agent goes when the present call is done, and why."""

    state: AgentState
    reason: str

    def __post_init__(self) -> None:
        if self.state not in AWAY:
            raise ValueError(f"nobody waits for a call to become {self.state}")
        if not self.reason.strip():
            raise ValueError(f"{self.state} needs a reason code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as they stand.

    `call` is the call offered, in progress or being wrapped up; `reason` the code of a break, of
    training or of the end of work; `wish` what follows the call; `told` what the agent is to be
    told about a change that they did not ask for. `idle_since` is when the agent last became free
    for a call, and outlives an offer that came to nothing.
    """

    id: AgentId
    state: AgentState = AgentState.OFFLINE
    since: datetime
    idle_since: datetime | None = None
    call: CallId | None = None
    reason: str | None = None
    wish: Wish | None = None
    told: str | None = None

    def __post_init__(self) -> None:
        holds = self.state in WITH_CALL or self.state is AgentState.WRAP_UP
        if holds != (self.call is not None):
            raise ValueError(f"agent {self.id}: {self.state} with call {self.call}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """The agent's desk and phone are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoReady:
    """From a break or training; from wrap-up it also says that the call is disposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Summon:
    """A colleague has asked the agent into their talk, known here by an id of its own.

    Their phone is up, so they are in it at once. Who was on a break goes back to it afterwards.
    """

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The colleague's talk goes on without the agent, who has nothing to wrap up."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """The colleague's `call` is the agent's own now, in place of the one asked into."""

    call: CallId
    instead_of: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """The consumer is bridged with the agent."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """The offered call is gone before it was bridged."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """The agent's phone did not take the offered call."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The conversation is over."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAway:
    """To a break, to training or out of work; `told` where somebody else decided it."""

    wish: Wish
    told: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose:
    """The agent's phone is gone: whatever it was in is over."""

    why: str


Signal = (
    LogIn
    | GoReady
    | Offer
    | Summon
    | Return
    | TakeOver
    | Connect
    | Withdraw
    | Miss
    | End
    | StepAway
    | Lose
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The signal does not apply; the agent stays as they are."""

    why: str


def advance(agent: Agent, signal: Signal, now: datetime) -> Agent | Refused:
    """The agent after the signal, or why it does not apply."""
    return _MOVES[type(signal)](agent, signal, now)


def _log_in(agent: Agent, signal: LogIn, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.OFFLINE:
        return _refuse(agent, "is logged in already")
    return _away(agent, Wish(state=AgentState.ON_BREAK, reason=LOG_IN), now)


def _ready(agent: Agent, signal: GoReady, now: datetime) -> Agent | Refused:
    if agent.state is AgentState.READY:
        return agent
    if agent.state is AgentState.OFFLINE:
        return _refuse(agent, "is not logged in")
    if agent.state in WITH_CALL:
        return _refuse(agent, f"has call {agent.call}")
    return _free(agent, now)


def _offer(agent: Agent, signal: Offer, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.READY:
        return _refuse(agent, f"can't be offered call {signal.call}")
    return replace(agent, state=AgentState.RESERVED, since=now, call=signal.call)


def _summon(agent: Agent, signal: Summon, now: datetime) -> Agent | Refused:
    talking = replace(
        agent, state=AgentState.ON_CALL, since=now, call=signal.call, reason=None, told=None
    )
    if agent.state is AgentState.READY:
        return talking
    if agent.state in (AgentState.ON_BREAK, AgentState.TRAINING):
        return replace(talking, wish=Wish(state=agent.state, reason=agent.reason or LOG_IN))
    return _refuse(agent, "can't be asked into a talk")


def _return(agent: Agent, signal: Return, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.ON_CALL or agent.call != signal.call:
        return _refuse(agent, f"is not in talk {signal.call}")
    return _free(agent, now, idle_since=agent.idle_since)


def _take_over(agent: Agent, signal: TakeOver, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.ON_CALL or agent.call != signal.instead_of:
        return _refuse(agent, f"is not in talk {signal.instead_of}")
    return replace(agent, since=now, call=signal.call)


def _connect(agent: Agent, signal: Connect, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.RESERVED or agent.call != signal.call:
        return _refuse(agent, f"was not offered call {signal.call}")
    return replace(agent, state=AgentState.ON_CALL, since=now)


def _withdraw(agent: Agent, signal: Withdraw, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.RESERVED or agent.call != signal.call:
        return _refuse(agent, f"was not offered call {signal.call}")
    return _free(agent, now, idle_since=agent.idle_since)


def _miss(agent: Agent, signal: Miss, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.RESERVED or agent.call != signal.call:
        return _refuse(agent, f"was not offered call {signal.call}")
    wish = agent.wish or Wish(state=AgentState.ON_BREAK, reason=MISSED)
    return _away(agent, wish, now, told=f"Your phone did not take call {signal.call}.")


def _end(agent: Agent, signal: End, now: datetime) -> Agent | Refused:
    if agent.state is not AgentState.ON_CALL or agent.call != signal.call:
        return _refuse(agent, f"is not on call {signal.call}")
    return replace(agent, state=AgentState.WRAP_UP, since=now)


def _step_away(agent: Agent, signal: StepAway, now: datetime) -> Agent | Refused:
    if agent.state is AgentState.OFFLINE:
        return _refuse(agent, "is not logged in")
    if agent.call is not None:
        return replace(agent, wish=signal.wish, told=signal.told)
    return _away(agent, signal.wish, now, told=signal.told)


def _lose(agent: Agent, signal: Lose, now: datetime) -> Agent | Refused:
    if agent.state is AgentState.OFFLINE:
        return agent
    return _away(agent, Wish(state=AgentState.OFFLINE, reason=signal.why), now, told=signal.why)


_MOVES: Mapping[type[Signal], Callable[..., Agent | Refused]] = {
    LogIn: _log_in,
    GoReady: _ready,
    Offer: _offer,
    Summon: _summon,
    Return: _return,
    TakeOver: _take_over,
    Connect: _connect,
    Withdraw: _withdraw,
    Miss: _miss,
    End: _end,
    StepAway: _step_away,
    Lose: _lose,
}


def _free(agent: Agent, now: datetime, *, idle_since: datetime | None = None) -> Agent:
    """Free for a call, unless the agent wished for something else meanwhile."""
    if agent.wish is not None:
        return _away(agent, agent.wish, now, told=agent.told)
    return Agent(
        id=agent.id, state=AgentState.READY, since=now, idle_since=idle_since or now, told=None
    )


def _away(agent: Agent, wish: Wish, now: datetime, *, told: str | None = None) -> Agent:
    return Agent(id=agent.id, state=wish.state, since=now, reason=wish.reason, told=told)


def _refuse(agent: Agent, why: str) -> Refused:
    return Refused(why=f"agent {agent.id} ({agent.state}) {why}")
