"""The closed lists that the forms of a case offer, by the names of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialer.casework.legal_file import Document
from dialer.model.circumstance import CircumstanceKind
from dialer.model.complaint import Category, RootCause
from dialer.model.dispute import DisputeKind
from dialer.store.documents import EVIDENCE

WORDS: Mapping[str, Sequence[str]] = {
    "circumstance": tuple(CircumstanceKind),
    "dispute": tuple(DisputeKind),
    "complaint": tuple(Category),
    "root_cause": tuple(RootCause),
    "document": (EVIDENCE, *Document),
}
