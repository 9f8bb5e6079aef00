"""What a proof pack holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from compliance.ledger import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """About whom, and when: from `since` to before `until`; None = without limit."""

    person_id: str
    case_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline. `id` is that of the attempt, event or fact."""

    at: datetime
    kind: str  # attempt, refusal, inbound, disposition
    id: str
    case_id: str | None
    campaign: str | None
    channel: str | None
    address: str | None  # shortened
    outcome: str | None
    rules: tuple[str, ...]  # that forbade the contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One call recording. `sha256` is that of the audio as it was recorded.

    `call_id` is the attempt's, or that of a call that came in.
    """

    name: str
    call_id: str
    inbound: bool
    sha256: str
    bytes: int
    duration_ms: int
    sealed_at: datetime
    state: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A consent, stop mark, withdrawal or wrong number, with when we learned of it."""

    kind: str  # consent, hold, opt_out, wrong_number
    id: str
    what: str
    since: datetime | None
    until: datetime | None
    known_at: datetime
    evidence: str | None
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """Calls of a campaign in one calendar month (UTC) that a person answered, and the abandoned."""

    campaign_id: str
    campaign: str
    month: str  # 2026-11
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that goes into one pack, but the ledger's proofs."""

    scope: Scope
    full_name: str
    case_refs: tuple[str, ...]
    zone: str | None
    made_at: datetime
    made_by: str
    timeline: tuple[Happening, ...]
    facts: tuple[Fact, ...]
    recordings: tuple[Recording, ...]
    abandonment: tuple[Abandonment, ...]
    decisions: Mapping[str, str]  # attempt -> record, canonical
    packs: Mapping[str, str]  # SHA-256 -> text
    entries: tuple[Entry, ...]
