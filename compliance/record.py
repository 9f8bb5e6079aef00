"""What is kept of a decision: enough to decide it again, and nothing that names the address.

The record holds the request, every fact that was looked at, each rule's verdict, and the digests
of the packs. Facts that are empty are left out; rules that did not concern the contact are named
only, for what they say stands in the packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from compliance.codec import filled, restore
from compliance.facts import ContactFacts, ContactRequest
from compliance.ledger import Written, canonical_text
from compliance.permit import Finding, Permit, Refusal, Verdict

FORM = 1
"""The version of the record's form."""


class NotARecord(ValueError):
    """A mapping that is no record of a decision; the message says what is wrong."""


def record(
    decision: Permit | Refusal, request: ContactRequest, facts: ContactFacts
) -> dict[str, object]:
    """The record of one decision, to be kept in the form that `ledger.canonical` gives it."""
    asked = filled(request)
    del asked["address"]
    spoken = [f for f in decision.findings if f.verdict is not Verdict.NOT_APPLICABLE]
    answer: dict[str, object] = {
        "allowed": isinstance(decision, Permit),
        "decided_at": decision.decided_at,
        "rules": decision.rules,
        "strength": decision.strength,
        "first_allowed_at": decision.first_allowed_at,
        "binding_rule": decision.binding_rule,
        "unlock": decision.unlock,
        "findings": [_finding(finding) for finding in spoken],
        "not_applicable": [
            f.rule_id for f in decision.findings if f.verdict is Verdict.NOT_APPLICABLE
        ],
        "inputs": filled(facts),
    }
    if isinstance(decision, Permit):
        answer["expires_at"] = decision.expires_at
        answer["conditions"] = decision.conditions
    return {
        "form": FORM,
        "request": asked,
        "decision": answer,
        "pack_sha256": dict(decision.pack_sha256),
        "tz_version": decision.tz_version,
    }


@lru_cache(maxsize=16_384)
def _finding(finding: Finding) -> Written:
    """Most findings are the same in every decision under one rulebook: written once."""
    return Written(canonical_text(finding))


def section(recorded: Mapping[str, object], name: str) -> Mapping[str, Any]:
    """One of the record's mappings; NotARecord where it is not there."""
    if recorded.get("form") != FORM:
        raise NotARecord(f"form {recorded.get('form')!r} of a record is not known")
    part = recorded.get(name)
    if not isinstance(part, Mapping):
        raise NotARecord(f"the record has no {name}")
    return part


def request_from_record(recorded: Mapping[str, object]) -> ContactRequest:
    """The request of a record; its address is not kept, so it is empty."""
    try:
        return restore(ContactRequest, {**section(recorded, "request"), "address": ""})
    except ValueError as error:
        raise NotARecord(f"the request of the record does not hold: {error}") from error


def facts_from_record(recorded: Mapping[str, object]) -> ContactFacts:
    """The facts of a record, as they were known."""
    try:
        return restore(ContactFacts, section(recorded, "decision").get("inputs"))
    except ValueError as error:
        raise NotARecord(f"the facts of the record do not hold: {error}") from error


def decided_at(recorded: Mapping[str, object]) -> datetime:
    """When the decision was made."""
    at = section(recorded, "decision").get("decided_at")
    if isinstance(at, str):
        try:
            return datetime.fromisoformat(at)
        except ValueError as error:
            raise NotARecord(f"the record was decided at no instant: {error}") from error
    raise NotARecord("the record does not say when it was decided")


def gaps_of(recorded: Mapping[str, object]) -> list[Mapping[str, Any]]:
    """The findings of a record that say why the packs could not be known."""
    found = section(recorded, "decision").get("findings", [])
    if not isinstance(found, list) or not all(isinstance(f, dict) for f in found):
        raise NotARecord("the findings of the record do not hold")
    return [f for f in found if f.get("kind") == "unknown"]
