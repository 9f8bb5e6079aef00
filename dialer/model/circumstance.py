"""A person's circumstances: what they earn, spend and go through. Values.

What is sensitive (hardship, vulnerability: they may tell of health) is kept apart by `sensitive`
and shown only with a purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CircumstanceKind(StrEnum):
    INCOME = "income"
    OUTGOING = "outgoing"
    HOUSEHOLD = "household"
    EMPLOYMENT = "employment"
    HARDSHIP = "hardship"
    VULNERABILITY = "vulnerability"


ALWAYS_SENSITIVE = frozenset({CircumstanceKind.HARDSHIP, CircumstanceKind.VULNERABILITY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """One fact as told. `body` is None where the reader may not see it.

    Income and outgoings have `label`, `amount_minor`, `every`, `essential` and `proved`, a
    household `adults` and `children`, the others `text`.
    """

    id: str
    consumer_id: str
    kind: CircumstanceKind
    sensitive: bool
    body: Mapping[str, object] | None
    purpose: str
    by: str
    recorded_at: datetime
    ended_at: datetime | None = None
