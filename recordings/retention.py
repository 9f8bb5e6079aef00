"""How long a recording is kept, what holds it longer, and the proof that it was deleted. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from recordings.vault import SealedRecording
from scheduler.calendar import Period

# A local date is at most a day off the UTC date; after two days its anniversary is over everywhere.
EVERYWHERE = timedelta(days=2)


class Bound(StrEnum):
    AT_LEAST = "at_least"  # a duty to keep
    AT_MOST = "at_most"  # a duty to delete


class CountedFrom(StrEnum):
    RECORDING = "recording"  # the day of the call
    LAST_ACTIVITY = "last_activity"  # the last collection activity on the debt


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """One rule of a pack in force for the recording: 12 CFR 1006.100(b) is P3Y of the call."""

    rule_id: str
    citation: str
    bound: Bound
    period: Period
    counted_from: CountedFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """Keeps a recording past its retention date, from `placed_at` until it is released."""

    hold_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_at: datetime | None = None
    released_by: str | None = None

    def binds(self, now: datetime) -> bool:
        return self.released_at is None or now < self.released_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """What retention looks at. `last_activity_at` None = unknown."""

    name: str
    recorded_at: datetime
    last_activity_at: datetime | None
    holds: tuple[LegalHold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """It must stay. `until` is the instant to ask again; None = only an event changes it."""

    until: datetime | None
    reason: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MayDelete:
    """Every duty to keep has ended. `must`: a duty to delete has begun as well."""

    must: bool
    reason: str
    rules: tuple[str, ...]


def retention(
    facts: RecordingFacts, rules: Sequence[RetentionRule], now: datetime
) -> Keep | MayDelete:
    """Whether the recording may be deleted now.

    Holds win over every rule, and duties to keep win over duties to delete; the longest duty to
    keep counts. Without a duty to keep, or without a date that one counts from, it stays.
    """
    holds = [hold for hold in facts.holds if hold.binds(now)]
    if holds:
        named = ", ".join(f"{hold.hold_id} ({hold.reason})" for hold in holds)
        return Keep(until=None, reason=f"legal hold {named}", rules=())
    duties = [rule for rule in rules if rule.bound is Bound.AT_LEAST]
    if not duties:
        return Keep(until=None, reason="no rule says how long to keep it", rules=())
    ends = [(_end(rule, facts), rule) for rule in duties]
    unknown = tuple(rule.rule_id for end, rule in ends if end is None)
    if unknown:
        return Keep(until=None, reason="the last activity on the debt is unknown", rules=unknown)
    binding = [(end, rule.rule_id) for end, rule in ends if end is not None and now < end]
    if binding:
        until, rule_id = max(binding)
        return Keep(
            until=until,
            reason=f"{rule_id} keeps it until {until.date().isoformat()}",
            rules=tuple(sorted(rule for _, rule in binding)),
        )
    overdue = tuple(
        rule.rule_id
        for rule in rules
        if rule.bound is Bound.AT_MOST and (end := _end(rule, facts)) is not None and end <= now
    )
    kept_by = tuple(rule.rule_id for rule in duties)
    return MayDelete(
        must=bool(overdue),
        reason=f"{', '.join(overdue)} orders deletion" if overdue else "every duty to keep ended",
        rules=kept_by + overdue,
    )


def _end(rule: RetentionRule, facts: RecordingFacts) -> datetime | None:
    """A duty to keep ends when the anniversary is over everywhere; one to delete begins on it."""
    start = (
        facts.recorded_at if rule.counted_from is CountedFrom.RECORDING else facts.last_activity_at
    )
    if start is None:
        return None
    anniversary = rule.period.after(start.astimezone(UTC).date())
    return _midnight(anniversary) + (EVERYWHERE if rule.bound is Bound.AT_LEAST else timedelta(0))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionCertificate:
    """That a recording existed, what it was, and by which rules who deleted it, when."""

    name: str
    audio_sha256: str
    audio_bytes: int
    recorded_at: datetime
    sealed_at: datetime
    deleted_at: datetime
    deleted_by: str
    reason: str
    rules: tuple[str, ...]

    def canonical(self) -> bytes:
        """The one form that is hashed and kept in the ledger: JSON, keys sorted, instants UTC."""
        plain = {
            "name": self.name,
            "audio_sha256": self.audio_sha256,
            "audio_bytes": self.audio_bytes,
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
            "sealed_at": self.sealed_at.astimezone(UTC).isoformat(),
            "deleted_at": self.deleted_at.astimezone(UTC).isoformat(),
            "deleted_by": self.deleted_by,
            "reason": self.reason,
            "rules": list(self.rules),
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()


def certificate(
    recording: SealedRecording,
    facts: RecordingFacts,
    verdict: MayDelete,
    *,
    deleted_by: str,
    deleted_at: datetime,
) -> DeletionCertificate:
    """The certificate of a deletion that `verdict` allowed. Only a MayDelete can be certified."""
    if facts.name != recording.name:
        raise ValueError(f"facts of {facts.name} can't certify recording {recording.name}")
    return DeletionCertificate(
        name=recording.name,
        audio_sha256=recording.sha256,
        audio_bytes=recording.bytes,
        recorded_at=facts.recorded_at,
        sealed_at=recording.sealed_at,
        deleted_at=deleted_at,
        deleted_by=deleted_by,
        reason=verdict.reason,
        rules=verdict.rules,
    )
