"""A contact strategy: which channel when, what to retry, when to stop. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from compliance.facts import Channel

ATTEMPT_OUTCOMES = frozenset(
    {
        "no_answer",
        "voicemail_message",
        "voicemail_no_message",
        "no_answer_voicemail_available",
        "voicemail_limited_content",
        "conversation",
        "conversation_general",
        "conversation_refused",
        "answered_dropped",
        "busy",
        "not_in_service",
        "abandoned",
        "sent",
        "delivered",
        "received",
        "STOP",
        "message_played",
        "failed_before_ring",
        "unknown",
        "undeliverable",
        "bounced",
        "replied",
        "wrong_number",
        "third_party",
        "unsubscribed",
    }
)
"""What may come of one attempt or one message from the consumer."""

PAUSES: Mapping[str, frozenset[str]] = {
    "promise_made": frozenset({"promise_broken", "promise_kept"}),
    "plan_agreed": frozenset({"plan_broken"}),
    "disputed": frozenset({"dispute_resolved"}),
}
"""Case events that rest the strategy, each with the events that wake it again."""

ALWAYS_STOP = frozenset({"paid", "opted_out", "cease", "bankruptcy", "deceased", "recalled"})
"""Case events that end every strategy, whatever it says itself."""

OUTCOMES = ATTEMPT_OUTCOMES | ALWAYS_STOP | PAUSES.keys() | frozenset().union(*PAUSES.values())
"""Every word that a history or a strategy may use."""


class StrategyError(ValueError):
    """A strategy's description is wrong; the message begins with the field."""


class Anchor(StrEnum):
    """Where a step's delay is counted from."""

    PLACEMENT = "placement"  # when the case was placed with the campaign
    PREVIOUS = "previous"  # the last attempt of the step before


class NumbersOrder(StrEnum):
    """Which of several contact points of a channel is used."""

    ROUND_ROBIN = "round_robin"
    FIRST_VALID = "first_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPreference:
    """Local hours [opens, closes) that the strategy would rather use; the law always wins."""

    opens: time
    closes: time | None  # None = midnight at the end of the day
    weekdays: frozenset[int] = frozenset(range(7))  # 0 = Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One contact of the plan: `template` names the words, `after` counts from `anchor`."""

    channel: Channel
    template: str
    after: timedelta
    anchor: Anchor = Anchor.PLACEMENT
    window: WindowPreference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """After one of `outcomes` a step is tried again, at most `maximum` times by this rule.

    The n-th retry (from 0) waits `after * factor ** n`, a year at most.
    """

    outcomes: frozenset[str]
    after: timedelta
    maximum: int
    factor: float = 1.0
    channels: frozenset[Channel] = frozenset(Channel)

    def delay(self, retry: int) -> timedelta:
        """The wait before the retry of that index, counted from 0."""
        year = timedelta(days=366).total_seconds()
        return timedelta(seconds=min(year, self.after.total_seconds() * self.factor**retry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A plan over call, SMS and e-mail.

    `stop` ends it, besides ALWAYS_STOP; after `stop_channel` that channel's steps are left out;
    after `drop_point` that contact point is not used again. `minimum_gap` lies between any two
    attempts, so that steps which fell due together are not fired together.
    """

    name: str
    steps: tuple[Step, ...]
    retries: tuple[RetryRule, ...] = ()
    stop: frozenset[str] = frozenset({"promise_kept"})
    stop_channel: frozenset[str] = frozenset({"STOP", "unsubscribed"})
    drop_point: frozenset[str] = frozenset({"wrong_number", "not_in_service", "bounced"})
    numbers: NumbersOrder = NumbersOrder.FIRST_VALID
    minimum_gap: timedelta = timedelta(0)
