"""The API's documents. Instants are RFC 3339 in UTC; numbers are masked by role."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from compliance.facts import Channel
from compliance.pack import RulePack


class _Document(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Campaign(_Document):
    """A campaign with its figures since the beginning of the UTC day, or since `since`."""

    id: str
    name: str
    state: str = Field(description="draft, running, paused or stopped")
    mode: str
    creditor: str | None
    started_at: datetime | None
    channels: list[str] = Field(description="channels of the strategy's steps, in order")
    cases: int
    due: int = Field(description="cases whose next contact is due now")
    waiting: int
    finished: int
    next_due_at: datetime | None
    under_way: int = Field(description="attempts that have not ended")
    done: dict[str, dict[str, int]] = Field(description="attempts by channel and outcome")
    refusals: int
    refused: dict[str, int] = Field(description="refusals by rule that denied them")


class Attempt(_Document):
    id: str
    at: datetime
    closed_at: datetime | None
    campaign_id: str | None
    campaign: str | None
    case_ref: str
    consumer_id: str
    channel: str
    address: str
    state: str
    outcome: str
    counts_as_connected: bool | None


class AttemptPage(_Document):
    attempts: list[Attempt]
    next: str | None = Field(description="pass as `cursor` for the following page")


class Counter(_Document):
    name: str
    before: int
    after: int
    limit: int


class Finding(_Document):
    """One rule's verdict, with its source of law."""

    rule_id: str
    pack_id: str
    kind: str
    verdict: str
    strength: str
    citation: str
    confidence: str
    reason: str
    counters: list[Counter]
    first_allowed_at: datetime | None
    unlock: str | None


class DecisionSummary(_Document):
    id: str
    at: datetime
    allowed: bool
    campaign_id: str | None
    campaign: str | None
    case_ref: str
    consumer_id: str
    channel: str
    address: str
    rules: list[str]
    binding_rule: str | None
    strength: str
    first_allowed_at: datetime | None
    unlock: str | None


class DecisionPage(_Document):
    decisions: list[DecisionSummary]
    next: str | None = Field(description="pass as `cursor` for the following page")


class LedgerPlace(_Document):
    stream: str
    seq: int
    entry_hash: str


class Decision(DecisionSummary):
    """One decision with every rule's finding and every input."""

    findings: list[Finding]
    not_applicable: list[str] = Field(description="ids of rules that did not concern it")
    inputs: dict[str, object]
    pack_sha256: dict[str, str]
    tz_version: str
    record_sha256: str
    ledger: LedgerPlace | None


class NextMoment(_Document):
    """When the consumer may be contacted; null where only the event in `unlock` opens it."""

    person_id: str
    channel: Channel
    asked_at: datetime
    first_allowed_at: datetime | None
    binding_rule: str | None
    unlock: str | None


class LedgerStream(_Document):
    stream: str
    entries: int
    head: str
    last_at: datetime | None


class Ledger(_Document):
    entries: int
    streams: list[LedgerStream]
    kinds: dict[str, int]


class Rule(_Document):
    rule_id: str
    part: str | None = Field(description="tells apart several parts of one rule")
    kind: str
    strength: str
    citation: str
    confidence: str = Field(description="P, S, K or U")
    text: str | None
    enabled: bool
    applies_from: date | None
    applies_to: date | None


class Pack(_Document):
    pack_id: str
    title: str
    version: str
    source: str
    legal_review: str = Field(description="pending or signed")
    countries: list[str] = Field(description="ISO 3166-1 alpha-2; none = everywhere")
    region: str | None
    sha256: str
    rules: list[Rule]

    @classmethod
    def of(cls, pack: RulePack) -> Pack:
        """The document of a pack in force."""
        return cls(
            pack_id=pack.pack_id,
            title=pack.title,
            version=pack.version,
            source=pack.source,
            legal_review=pack.legal_review,
            countries=sorted(pack.countries),
            region=pack.region,
            sha256=pack.sha256,
            rules=[
                Rule(
                    rule_id=rule.rule_id,
                    part=rule.part,
                    kind=rule.kind,
                    strength=rule.strength,
                    citation=rule.citation.text,
                    confidence=rule.citation.confidence,
                    text=rule.text,
                    enabled=rule.enabled,
                    applies_from=rule.applies_from,
                    applies_to=rule.applies_to,
                )
                for rule in pack.rules
            ],
        )
