"""What a caller is offered whom nobody can take: to be called back, or to leave a message.

The values of it; `dialer.model.inbound_call` says when it is offered and what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """What the caller chose by a key."""

    CALLBACK = "callback"
    MESSAGE = "message"
    NO_CALLS = "no_calls"  # consent to calls is withdrawn


KEYS: Mapping[str, Choice] = {"1": Choice.CALLBACK, "2": Choice.MESSAGE, "9": Choice.NO_CALLS}
DONE_KEY = "#"
"""Ends a message that is being left."""

LEAST_MESSAGE_S = 1.0
"""What is shorter is no message: somebody heard the tone and hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be chosen, and the names of the prepared messages that go with it.

    `menu` is said while an agent is still waited for, `last_menu` where nobody is. `speak` comes
    before a message: it says that the message is recorded, and ends with the tone.
    """

    choices: frozenset[Choice]
    menu: str
    last_menu: str
    music: str
    speak: str
    taken: str
    booked: str
    not_booked: str
    no_calls: str
    goodbye: str
    longest_message_s: float
    longest_wait_s: float
    key_patience_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the offer went so far. Instants are the engine's clock, in seconds.

    `waits`: an agent is looked for. `asked`: how often the last menu was said. `booked`: whether
    the callback has its hour; None while that is not known.
    """

    waits: bool = False
    offered: bool = False
    asked: int = 0
    choice: Choice | None = None
    booked: bool | None = None
    recorded_at: float | None = None
    message_from: float | None = None
    message_until: float | None = None

    @property
    def message_s(self) -> float:
        """How long the message is; 0 where none was left."""
        if self.message_from is None or self.message_until is None:
            return 0.0
        length = self.message_until - self.message_from
        return length if length >= LEAST_MESSAGE_S else 0.0

    @property
    def message_ms(self) -> int | None:
        """From the recording's start to the message's; None where none was left."""
        if self.message_from is None or self.recorded_at is None or not self.message_s:
            return None
        return round(1000 * (self.message_from - self.recorded_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The wish to be called back is kept: with its hour if `at_an_hour`, else for a supervisor."""

    at_an_hour: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hush:
    """Stop what is being played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFinding:
    """No agent is wanted any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Keep the wish to be called back; `Booked` is to follow."""
