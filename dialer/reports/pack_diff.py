"""What differs between two texts of a rule pack, rule by rule, in the words of the pack."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.pack import RulePack

ABSENT = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key of one rule, or of the pack itself. Values are those of the text; None = absent."""

    rule: str  # kind and id, or `pack`
    key: str
    before: object
    after: object


def differences(before: RulePack, after: RulePack) -> tuple[Difference, ...]:
    """All differences: a rule that is new or gone shows every key."""
    old, new = _tables(before.text), _tables(after.text)
    names = [*old, *(name for name in new if name not in old)]
    return tuple(
        Difference(rule=name, key=key, before=was.get(key, ABSENT), after=is_now.get(key, ABSENT))
        for name in names
        for was, is_now in [(old.get(name, {}), new.get(name, {}))]
        for key in dict.fromkeys([*was, *is_now])
        if was.get(key, ABSENT) != is_now.get(key, ABSENT)
    )


def _tables(text: str) -> dict[str, Mapping[str, Any]]:
    """The tables of a pack by kind and id; a rule in several parts has each by itself."""
    document = tomllib.loads(text)
    found: dict[str, Mapping[str, Any]] = {"pack": document.pop("pack")}
    for kind, rules in document.items():
        for rule in rules:
            part = f"/{rule['part']}" if "part" in rule else ""
            found[f"{kind} {rule['id']}{part}"] = rule
    return found
