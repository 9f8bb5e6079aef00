"""What is kept of a decision: the request, every fact it looked at, and each rule's verdict.

Facts that are empty are left out. Rules that did not concern the contact are named only: what they
say stands in the packs, whose digests are part of the record.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from compliance.facts import ContactFacts, ContactRequest
from compliance.permit import Permit, Refusal, Verdict

FORM = 1
"""The version of the record's form."""

_EMPTY: tuple[object, ...] = (None, (), frozenset())


def record(
    decision: Permit | Refusal, request: ContactRequest, facts: ContactFacts
) -> dict[str, object]:
    """The record of one decision, for `compliance.ledger.canonical`."""
    spoken = [f for f in decision.findings if f.verdict is not Verdict.NOT_APPLICABLE]
    silent = [f.rule_id for f in decision.findings if f.verdict is Verdict.NOT_APPLICABLE]
    answer: dict[str, object] = {
        "allowed": isinstance(decision, Permit),
        "decided_at": decision.decided_at,
        "rules": decision.rules,
        "strength": decision.strength,
        "first_allowed_at": decision.first_allowed_at,
        "binding_rule": decision.binding_rule,
        "unlock": decision.unlock,
        "findings": [_whole(finding) for finding in spoken],
        "not_applicable": silent,
        "inputs": _inputs(facts),
    }
    if isinstance(decision, Permit):
        answer["expires_at"] = decision.expires_at
        answer["conditions"] = [_whole(condition) for condition in decision.conditions]
    return {
        "form": FORM,
        "request": _filled(request),
        "decision": answer,
        "pack_sha256": decision.pack_sha256,
        "tz_version": decision.tz_version,
    }


def _inputs(facts: ContactFacts) -> dict[str, object]:
    told = _filled(facts)
    for name, value in told.items():
        if isinstance(value, tuple) and is_dataclass(value[0]):
            told[name] = [_filled(item) for item in value]
    return told


def _filled(item: Any) -> dict[str, object]:
    """The fields of a value that are not empty."""
    return {name: value for name, value in _whole(item).items() if value not in _EMPTY}


def _whole(item: Any) -> dict[str, object]:
    return {field.name: getattr(item, field.name) for field in fields(item)}
