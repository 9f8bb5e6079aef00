"""What `ringfence packs` shows: packs and rules as plain data, a check, a difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from compliance.facts import Channel
from compliance.pack import ANY_ACTOR, RulePack, parse
from compliance.rule import Rule


def summary(pack: RulePack) -> dict[str, object]:
    """One line of `packs list`."""
    dates = [d for r in pack.rules for d in (r.applies_from, r.applies_to) if d is not None]
    return {
        "id": pack.pack_id,
        "version": pack.version,
        "title": pack.title,
        "legal_review": pack.legal_review,
        "sha256": pack.sha256,
        "applies": pack.selection.value,
        "countries": sorted(pack.countries),
        "region": pack.region,
        "actors": sorted(pack.actors) or [ANY_ACTOR],
        "rules": len(pack.rules),
        "switched_off": sum(1 for r in pack.rules if not r.enabled),
        "confidence": "".join(sorted({r.citation.confidence for r in pack.rules})),
        "first_effective": min(dates).isoformat() if dates else None,
        "last_effective": max(dates).isoformat() if dates else None,
    }


def describe(pack: RulePack) -> dict[str, object]:
    """All of a pack, as `packs show` gives it."""
    return {**summary(pack), "source": pack.source, "list": [describe_rule(r) for r in pack.rules]}


def describe_rule(rule: Rule) -> dict[str, object]:
    """One rule with its marks and its text of law."""
    return {
        "id": rule.rule_id,
        "part": rule.part,
        "kind": rule.kind,
        "strength": rule.strength.value,
        "confidence": rule.citation.confidence,
        "cite": rule.citation.text,
        "text": rule.text,
        "enabled": rule.enabled,
        "channels": [c.value for c in Channel if c in rule.channels],
        "actors": sorted(rule.actors),
        "applies_from": None if rule.applies_from is None else rule.applies_from.isoformat(),
        "applies_to": None if rule.applies_to is None else rule.applies_to.isoformat(),
        "unlock": rule.unlock,
        "line": rule.line,
    }


def check(file: Path) -> RulePack:
    """The pack of a file; PackError with file, line and reason where it does not hold."""
    return parse(file.read_text("utf-8"), str(file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed from one pack to another, by rule."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]  # rule -> what of it changed

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff(old: RulePack, new: RulePack) -> Difference:
    """The rules that were added, removed or changed; formatting and order are no change."""
    before, after = _by_name(old.rules), _by_name(new.rules)
    changed = {
        name: what
        for name in before
        if name in after and (what := _changes(before[name], after[name]))
    }
    return Difference(
        added=tuple(n for n in after if n not in before),
        removed=tuple(n for n in before if n not in after),
        changed=changed,
    )


def _by_name(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {f"{rule.kind} {rule.name}": rule for rule in rules}


_COMPARED = tuple(f for f in Rule.__dataclass_fields__ if f not in {"line", "pack_id"})


def _changes(old: Rule, new: Rule) -> tuple[str, ...]:
    changed = [f for f in _COMPARED if getattr(old, f) != getattr(new, f)]
    return tuple("parameters" if f == "clause" else f for f in changed)
