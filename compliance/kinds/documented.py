"""Law that people or templates keep, or that other rules point to: shown, decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance import fields
from compliance.facts import Channel
from compliance.rule import Clause

DUTY = "duty"
SCOPE = "scope"
EXCLUSION = "exclusion"

FIELDS: Mapping[str, fields.Field] = {}


@dataclass(frozen=True, slots=True)
class Documented(Clause):
    """A rule that says nothing of its own."""


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Documented:
    """The clause of one table."""
    return Documented()
