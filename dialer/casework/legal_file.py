"""Going to law: what the file needs, until when a claim can be brought, and its stages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from scheduler.calendar import Period


class Document(StrEnum):
    """What a bundle is made of."""

    STATEMENT_OF_ACCOUNT = "statement_of_account"
    AGREEMENT = "agreement"
    CONTACT_HISTORY = "contact_history"
    NOTICES_WITH_PROOF = "notices_with_proof"
    RECORDINGS_LIST = "recordings_list"
    PROMISES_AND_BREACHES = "promises_and_breaches"
    IDENTITY = "identity"
    ASSIGNMENT = "assignment"  # how the debt came to the claimant


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A document in the file, with the SHA-256 of its content."""

    document: Document
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """`filed` None = it lacks."""

    document: Document
    filed: Filed | None


def checklist(required: Iterable[Document], filed: Iterable[Filed]) -> tuple[ChecklistItem, ...]:
    """Every required document in the given order, with what is filed for it."""
    there = {entry.document: entry for entry in filed}
    return tuple(
        ChecklistItem(document=document, filed=there.get(document)) for document in required
    )


class Restart(StrEnum):
    """What may make a limitation period begin anew."""

    PAYMENT = "payment"
    WRITTEN_ACKNOWLEDGEMENT = "written_acknowledgement"
    DEMAND = "demand"
    SUIT = "suit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationRule:
    """The period in which a claim can be brought, what restarts it, and its outer limit.

    China: three years, restarted by demand, acknowledgement or suit, twenty years at most
    (Civil Code, articles 188 and 195). In the United States each state has its own.
    """

    rule_id: str
    citation: str
    period: Period
    restarted_by: frozenset[Restart] = frozenset()
    longest: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartEvent:
    kind: Restart
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """`last_day` is the last on which a claim can be brought; it counts from `counted_from`."""

    last_day: date
    counted_from: date
    because: str
    rule_id: str


def limitation(
    defaulted_on: date | None, events: Sequence[RestartEvent], rule: LimitationRule
) -> Limitation | None:
    """The limitation date, or None when the day of default is unknown.

    An event restarts the period only while it still runs: a claim that is barred stays barred.
    """
    if defaulted_on is None:
        return None
    start, because = defaulted_on, "default"
    for event in sorted(events, key=lambda event: event.on):
        if event.kind in rule.restarted_by and start <= event.on <= _last_day(
            rule, start, defaulted_on
        ):
            start, because = event.on, str(event.kind)
    return Limitation(
        last_day=_last_day(rule, start, defaulted_on),
        counted_from=start,
        because=because,
        rule_id=rule.rule_id,
    )


def _last_day(rule: LimitationRule, start: date, defaulted_on: date) -> date:
    last = rule.period.after(start)
    return last if rule.longest is None else min(last, rule.longest.after(defaulted_on))


class Stage(StrEnum):
    REFERRED = "referred"
    PRE_ACTION_LETTER = "pre_action_letter"
    FILED = "filed"
    JUDGMENT = "judgment"
    ENFORCEMENT = "enforcement"
    CLOSED = "closed"


_NEXT: Mapping[Stage, frozenset[Stage]] = {
    Stage.REFERRED: frozenset({Stage.PRE_ACTION_LETTER, Stage.CLOSED}),
    Stage.PRE_ACTION_LETTER: frozenset({Stage.FILED, Stage.CLOSED}),
    Stage.FILED: frozenset({Stage.JUDGMENT, Stage.CLOSED}),
    Stage.JUDGMENT: frozenset({Stage.ENFORCEMENT, Stage.CLOSED}),
    Stage.ENFORCEMENT: frozenset({Stage.CLOSED}),
    Stage.CLOSED: frozenset(),
}


def may_become(stage: Stage, wanted: Stage) -> bool:
    """Whether a legal file may go from one stage to the other."""
    return wanted in _NEXT[stage]


def following(stage: Stage) -> tuple[Stage, ...]:
    """The stages that a legal file may reach next."""
    return tuple(other for other in Stage if may_become(stage, other))


def against_referral(
    items: Sequence[ChecklistItem],
    limit: Limitation | None,
    today: date,
    *,
    open_disputes: int,
    plan_kept: bool,
    bankrupt: bool,
) -> tuple[str, ...]:
    """Every reason against taking the case to law today, as sentences; empty = it may go.

    A claim that is barred by time may be neither brought nor threatened (12 CFR 1006.26(b)).
    """
    reasons = [f"{item.document} is missing" for item in items if item.filed is None]
    if limit is None:
        reasons.append("the limitation date is not known")
    elif today > limit.last_day:
        reasons.append(f"the claim is barred by time since {limit.last_day.isoformat()}")
    if open_disputes:
        reasons.append(f"{open_disputes} disputes are open")
    if plan_kept:
        reasons.append("an instalment plan is in force and its terms are met")
    if bankrupt:
        reasons.append("the consumer is bankrupt")
    return tuple(reasons)
