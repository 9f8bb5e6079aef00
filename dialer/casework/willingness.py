"""Signs of the will to pay, each with the facts behind it; no score. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dialer.model.payment import Payment
from dialer.model.promise import PromiseState

RECENT = timedelta(days=90)


class Direction(StrEnum):
    FOR = "for"
    AGAINST = "against"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One sign, in words that may be shown to the consumer too."""

    direction: Direction
    reason: str


def willingness(
    *,
    promises: Sequence[PromiseState],
    payments: Sequence[Payment],
    conversations: int,
    own_calls: int,
    refusals: int,
    today: date,
) -> tuple[Signal, ...]:
    """The signs that the history shows. `own_calls` are contacts that the consumer began."""
    kept = sum(state is PromiseState.KEPT for state in promises)
    partly = sum(state is PromiseState.PARTLY_KEPT for state in promises)
    broken = sum(state is PromiseState.BROKEN for state in promises)
    recent = [payment for payment in payments if today - payment.received_on <= RECENT]
    found = (
        (kept, Direction.FOR, f"{kept} of {kept + partly + broken} promises kept in full"),
        (partly, Direction.FOR, f"{partly} promises kept in part"),
        (broken, Direction.AGAINST, f"{broken} promises broken"),
        (len(recent), Direction.FOR, f"{len(recent)} payments in {RECENT.days} days"),
        (own_calls, Direction.FOR, f"got in touch {own_calls} times of their own accord"),
        (refusals, Direction.AGAINST, f"refused to talk {refusals} times"),
        (
            conversations if not promises and not payments else 0,
            Direction.AGAINST,
            f"{conversations} talks without a promise or a payment",
        ),
    )
    return tuple(
        Signal(direction=direction, reason=reason) for count, direction, reason in found if count
    )
