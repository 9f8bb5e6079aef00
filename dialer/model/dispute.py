"""Disputes: what is disputed, until when which answer is due, what rests meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from compliance.facts import Hold, HoldKind


class DisputeKind(StrEnum):
    AMOUNT = "amount"
    INTEREST = "interest"
    TERM = "term"
    NOT_MINE = "not_mine"
    FRAUD = "fraud"
    ALREADY_PAID = "already_paid"
    SERVICE = "service"


class DisputeState(StrEnum):
    RECEIVED = "received"
    INVESTIGATING = "investigating"
    ANSWERED = "answered"  # verification or answer sent
    UPHELD = "upheld"  # the consumer was right
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    APPEALED = "appealed"


_NEXT: Mapping[DisputeState, frozenset[DisputeState]] = {
    DisputeState.RECEIVED: frozenset({DisputeState.INVESTIGATING, DisputeState.WITHDRAWN}),
    DisputeState.INVESTIGATING: frozenset({DisputeState.ANSWERED, DisputeState.WITHDRAWN}),
    DisputeState.ANSWERED: frozenset(
        {
            DisputeState.UPHELD,
            DisputeState.PARTLY_UPHELD,
            DisputeState.REJECTED,
            DisputeState.WITHDRAWN,
        }
    ),
    DisputeState.UPHELD: frozenset(),
    DisputeState.PARTLY_UPHELD: frozenset({DisputeState.APPEALED}),
    DisputeState.REJECTED: frozenset({DisputeState.APPEALED}),
    DisputeState.WITHDRAWN: frozenset(),
    DisputeState.APPEALED: frozenset({DisputeState.INVESTIGATING, DisputeState.WITHDRAWN}),
}


def following(state: DisputeState) -> tuple[DisputeState, ...]:
    """The states that a dispute may reach next, in the order of their list."""
    return tuple(other for other in DisputeState if other in _NEXT[state])


class WrongStep(ValueError):
    """A dispute can't go from the state it is in to the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state that a dispute reached, when, by whom, and why in words."""

    state: DisputeState
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute over some debts, from its receipt. `steps` begin with RECEIVED.

    `disputed_minor` is the part of the debt in dispute, None = all of it. Without `identified` it
    is an unverified claim: it binds as any other until it is looked into, for a dispute must not
    be lost because its sender would not be questioned (12 CFR 1006.38; 信用卡办法 art. 69).
    """

    dispute_id: str
    kind: DisputeKind
    debts: tuple[str, ...]
    received_at: datetime
    in_writing: bool
    in_validation_period: bool | None
    statement: str
    steps: tuple[Step, ...]
    disputed_minor: int | None = None
    evidence: tuple[str, ...] = ()
    identified: bool = True

    @property
    def state(self) -> DisputeState:
        return self.steps[-1].state

    @property
    def closed(self) -> bool:
        """Whether an end is reached from which it no longer holds anything back."""
        return self.state in (
            DisputeState.UPHELD,
            DisputeState.PARTLY_UPHELD,
            DisputeState.REJECTED,
            DisputeState.WITHDRAWN,
        )


def receive(
    *,
    dispute_id: str,
    kind: DisputeKind,
    debts: tuple[str, ...],
    received_at: datetime,
    in_writing: bool,
    in_validation_period: bool | None,
    statement: str,
    by: str,
    disputed_minor: int | None = None,
    identified: bool = True,
) -> Dispute:
    """A dispute as it arrived. It binds from its receipt, not from when it was keyed in."""
    return Dispute(
        dispute_id=dispute_id,
        kind=kind,
        debts=debts,
        received_at=received_at,
        in_writing=in_writing,
        in_validation_period=in_validation_period,
        statement=statement,
        steps=(Step(state=DisputeState.RECEIVED, at=received_at, by=by, reason=statement),),
        disputed_minor=disputed_minor,
        identified=identified,
    )


def move(dispute: Dispute, state: DisputeState, *, at: datetime, by: str, reason: str) -> Dispute:
    """The dispute in its next state. WrongStep if there is no such way, or no reason is given."""
    if state not in _NEXT[dispute.state]:
        raise WrongStep(f"dispute {dispute.dispute_id} is {dispute.state} and can't become {state}")
    if not reason.strip():
        raise WrongStep(f"dispute {dispute.dispute_id} can't become {state} without a reason")
    if at < dispute.steps[-1].at:
        raise WrongStep(f"dispute {dispute.dispute_id} can't become {state} before its last step")
    step = Step(state=state, at=at, by=by, reason=reason.strip())
    return replace(dispute, steps=(*dispute.steps, step))


def hold_of(dispute: Dispute) -> Hold:
    """The stop mark for the gate: it binds at once, and is resolved when the answer was sent.

    An appeal binds anew. Legal source of the resolution: 12 CFR 1006.38(c)-(d).
    """
    resolved = None
    for step in dispute.steps:
        if step.state is DisputeState.APPEALED:
            resolved = None
        elif resolved is None and step.state in (DisputeState.ANSWERED, DisputeState.WITHDRAWN):
            resolved = step.at
    return Hold(
        kind=HoldKind.DISPUTE,
        received_at=dispute.received_at,
        debts=dispute.debts,
        in_writing=dispute.in_writing,
        detail=str(dispute.kind),
        resolved_at=resolved,
    )


class Duty(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    RESOLVE = "resolve"


_FULFILLED_BY: Mapping[Duty, frozenset[DisputeState]] = {
    Duty.ACKNOWLEDGE: frozenset(DisputeState) - {DisputeState.RECEIVED},
    Duty.ANSWER: frozenset(DisputeState)
    - {DisputeState.RECEIVED, DisputeState.INVESTIGATING, DisputeState.APPEALED},
    Duty.RESOLVE: frozenset(
        {
            DisputeState.UPHELD,
            DisputeState.PARTLY_UPHELD,
            DisputeState.REJECTED,
            DisputeState.WITHDRAWN,
        }
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """A pack's time for one duty. Without `kinds` it is for every kind of dispute."""

    rule_id: str
    citation: str
    duty: Duty
    days: int
    business_days: bool = False
    kinds: frozenset[DisputeKind] = frozenset(DisputeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By the end of `due_on` the duty must be fulfilled; `fulfilled_on` says when it was."""

    rule_id: str
    duty: Duty
    due_on: date
    fulfilled_on: date | None

    def late(self, today: date) -> bool:
        return (self.fulfilled_on or today) > self.due_on


def deadlines(
    dispute: Dispute,
    rules: Iterable[DeadlineRule],
    *,
    zone: tzinfo,
    holidays: frozenset[date] = frozenset(),
) -> tuple[Deadline, ...]:
    """Every duty with its day, the next first.

    Days are those of `zone`; the day after the receipt is the first that counts.
    """
    received_on = dispute.received_at.astimezone(zone).date()
    due = [
        Deadline(
            rule_id=rule.rule_id,
            duty=rule.duty,
            due_on=_later(received_on, rule, holidays),
            fulfilled_on=fulfilled_on(dispute, rule.duty, zone),
        )
        for rule in rules
        if dispute.kind in rule.kinds
    ]
    return tuple(sorted(due, key=lambda deadline: (deadline.due_on, deadline.rule_id)))


def _later(start: date, rule: DeadlineRule, holidays: frozenset[date]) -> date:
    if not rule.business_days:
        return start + timedelta(days=rule.days)
    day = start
    left = rule.days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and day not in holidays
    return day


def fulfilled_on(dispute: Dispute, duty: Duty, zone: tzinfo) -> date | None:
    """The day on which a duty was fulfilled, by the dates of `zone`; None = not yet."""
    steps = (step for step in dispute.steps if step.state in _FULFILLED_BY[duty])
    first = next(steps, None)
    return None if first is None else first.at.astimezone(zone).date()
