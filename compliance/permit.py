"""Compliance's answer to one candidate contact: a Permit or a Refusal, with every rule's finding.

A Permit is the only key to a consumer: engines and transports take one as their first argument
and ask it whether it covers this channel and address, now. Permits are minted in
`compliance.decision` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from compliance.facts import Channel


class Strength(StrEnum):
    """How hard a rule binds; kept apart so that a record never says too much or too little."""

    PROHIBITION = "prohibition"
    PRESUMPTION = "presumption"
    SAFE_HARBOR = "safe_harbor"
    RECOMMENDATION = "recommendation"
    GUIDELINE = "guideline"
    INDUSTRY_CODE = "industry_code"
    POLICY = "policy"


class Verdict(StrEnum):
    """What one rule says of one candidate."""

    PASS = "pass"
    DENY = "deny"
    EXPLAIN = "explain"  # the rule is why an otherwise barred contact is allowed
    EXCUSED = "excused"  # the rule would deny, but another one lifts it
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where the law says so, and how well that was checked (P, S, K or U)."""

    text: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counted quantity as it stood before the contact, and as it stands if the contact counts."""

    name: str
    before: int
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's verdict on one candidate, with all that an auditor needs to follow it."""

    rule_id: str
    pack_id: str
    kind: str
    verdict: Verdict
    strength: Strength
    citation: Citation
    reason: str
    counters: tuple[Counter, ...] = ()
    first_allowed_at: datetime | None = None
    unlock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A duty that comes with the permit, such as `record_call` or `play_recording_notice`."""

    name: str
    value: str
    rule_id: str


class NotCovered(Exception):
    """A permit was presented for another address, another channel or another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What Permits and Refusals have in common."""

    attempt_id: str
    person_id: str
    channel: Channel
    contact_point: str
    debts: tuple[str, ...]
    decided_at: datetime
    tz_version: str
    pack_sha256: Mapping[str, str]
    findings: tuple[Finding, ...]
    strength: Strength
    first_allowed_at: datetime | None
    unlock: str | None = None
    binding_rule: str | None = None
    inputs: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that deny; for a Permit, of those that explain why it is allowed."""
        wanted = Verdict.DENY if isinstance(self, Refusal) else Verdict.EXPLAIN
        named = (f.rule_id for f in self.findings if f.verdict is wanted)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit(Decision):
    """Leave to contact one address on one channel until `expires_at` (UTC)."""

    address: str
    expires_at: datetime
    conditions: tuple[Condition, ...] = ()

    def check(self, *, channel: Channel, address: str, now: datetime) -> None:
        """Raise NotCovered unless this permit covers the channel and address at `now`."""
        if channel is not self.channel:
            raise NotCovered(f"permit {self.attempt_id} is for {self.channel}, not {channel}")
        if address != self.address:
            raise NotCovered(f"permit {self.attempt_id} is for another address")
        if not self.decided_at <= now < self.expires_at:
            raise NotCovered(f"permit {self.attempt_id} is not valid at {now.isoformat()}")

    def condition(self, name: str) -> str | None:
        """The value of a condition by name, or None where the permit does not carry it."""
        return next((c.value for c in self.conditions if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Decision):
    """No contact: `rules` names what forbids it, `first_allowed_at` when it opens by itself."""
