"""An agent consults a third party while the consumer waits: a pure state machine.

`advance(consultation, signal)` gives the next state and what is to be done, or says why the
signal does not apply. Somebody outside hears the consumer, and the consumer them, only after the
agent has confirmed that they may be told of the debt (15 U.S.C. 1692c(b)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum, auto

from dialer.model.agent import Refused

UNCONFIRMED = "first confirm that this party may be told of the debt"


class Stage(StrEnum):
    CALLING = "calling"  # the third party's phone rings
    APART = "apart"  # agent and third party talk; the consumer hears music
    TOGETHER = "together"  # all three talk
    HANDED_OVER = "handed_over"  # the consumer talks with somebody outside, without the agent
    OVER = "over"


class Signal(StrEnum):
    """What may happen. The first four are the telephone's, the others the agent's wishes."""

    JOINED = auto()  # the third party is on the line
    GONE = auto()  # the third party has left
    AGENT_LEFT = auto()  # the agent's part in the call is over
    PARTED = auto()  # the talk that the third party was in is over
    SUCCEEDED = auto()  # the third party has taken the agent's place
    BRING_TOGETHER = auto()
    HAND_OVER = auto()
    GO_BACK = auto()


class Action(StrEnum):
    JOIN = auto()  # agent and third party hear each other
    BRING_TOGETHER = auto()
    HAND_OVER = auto()
    DROP = auto()  # the third party leaves
    RESUME = auto()  # the consumer hears the agent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """A consultation as it stands. `guest` is a colleague's name, or a number outside."""

    guest: str
    outside: bool
    stage: Stage = Stage.CALLING
    confirmed: bool = False  # somebody outside may be told of the debt

    def confirm(self) -> Consultation:
        """The agent says that this party may be told."""
        return replace(self, confirmed=True)


def advance(
    consultation: Consultation, signal: Signal
) -> tuple[Consultation, tuple[Action, ...]] | Refused:
    """The next state, and what to do now; nothing more happens once it is over."""
    stage = consultation.stage
    if stage is Stage.OVER:
        return Refused(why="nobody is consulted any more")
    match signal:
        case Signal.BRING_TOGETHER | Signal.HAND_OVER:
            return _open_up(consultation, signal)
        case Signal.GO_BACK if stage is not Stage.HANDED_OVER:
            return _over(consultation, Action.DROP, Action.RESUME)
        case Signal.JOINED if stage is Stage.CALLING:
            return replace(consultation, stage=Stage.APART), (Action.JOIN,)
        case Signal.GONE:
            return _over(consultation)
        case Signal.PARTED:
            return _over(consultation, Action.DROP)
        case Signal.AGENT_LEFT if stage in (Stage.CALLING, Stage.APART):
            return _over(consultation, Action.DROP)
        case Signal.SUCCEEDED if stage in (Stage.APART, Stage.TOGETHER):
            heir = Stage.HANDED_OVER if consultation.outside else Stage.OVER
            return replace(consultation, stage=heir), ()
    return Refused(why=f"{signal} does not apply while it is {stage}")


def _open_up(
    consultation: Consultation, signal: Signal
) -> tuple[Consultation, tuple[Action, ...]] | Refused:
    """What lets the third party hear the consumer."""
    if consultation.stage is Stage.CALLING:
        return Refused(why="nobody has answered yet")
    if consultation.stage is Stage.HANDED_OVER:
        return Refused(why="the call is handed over")
    if consultation.outside and not consultation.confirmed:
        return Refused(why=UNCONFIRMED)
    if signal is Signal.HAND_OVER:
        return consultation, (Action.HAND_OVER,)
    if consultation.stage is Stage.TOGETHER:
        return Refused(why="all are together already")
    return replace(consultation, stage=Stage.TOGETHER), (Action.BRING_TOGETHER,)


def _over(consultation: Consultation, *actions: Action) -> tuple[Consultation, tuple[Action, ...]]:
    return replace(consultation, stage=Stage.OVER), actions
