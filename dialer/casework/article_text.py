"""An article as it is read at the desk: branches, and {{ names }} filled with the case. Pure.

A branch begins with a heading of the second level: "## The person says that ...". What stands
before the first one is for every branch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_BRANCH = re.compile(r"^##\s+(.+?)\s*$", re.MULTILINE)
UNKNOWN = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way that the talk may take; `when` is empty for what is always said."""

    when: str
    text: str


def merge(body: str, values: Mapping[str, str]) -> str:
    """The text with its names filled; what is not known shows as an ellipsis."""
    return _NAME.sub(lambda found: values.get(found.group(1), UNKNOWN), body)


def branches(body: str) -> tuple[Branch, ...]:
    """The parts of an article, in their order; empty ones are left out."""
    parts = _BRANCH.split(body)
    whens, texts = ("", *parts[1::2]), parts[0::2]
    cut = (Branch(when=when, text=text.strip()) for when, text in zip(whens, texts, strict=True))
    return tuple(part for part in cut if part.when or part.text)
