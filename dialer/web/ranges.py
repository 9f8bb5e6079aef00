"""Which part of a document is asked for, and in which form (RFC 9110, 12.5.1 and 14). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Unsatisfiable(ValueError):
    """The range lies behind the end."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes [start, end) that a Range header asks for; None = all of them.

    Several ranges at once, and what can't be read, are answered by the whole, as the RFC allows.
    Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise Unsatisfiable(f"bytes {start} and on of {size}")
    return start, end


def best(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that an Accept header likes best, the first of equals; None = none."""
    liked = _liked(accept or "*/*")
    rated = [(_quality(liked, kind), kind) for kind in offered]
    quality, kind = max(rated, key=lambda one: one[0])
    return kind if quality > 0 else None


def _liked(accept: str) -> dict[str, float]:
    found = {}
    for part in accept.split(","):
        kind, *options = (word.strip().lower() for word in part.split(";"))
        quality = 1.0
        for option in options:
            name, _, value = option.partition("=")
            if name.strip() == "q":
                quality = _number(value)
        found[kind] = quality
    return found


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def _quality(liked: dict[str, float], kind: str) -> float:
    """What the narrowest range that fits says."""
    family = kind.partition("/")[0]
    return next((liked[name] for name in (kind, f"{family}/*", "*/*") if name in liked), 0.0)
