"""Numbers and addresses as a reader without leave for them sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping

SHOWN = 4
_ADDRESS = re.compile(r"\+\d{7,15}|[^@\s]+@[^@\s]+\.[^@\s]+")


def mask(value: str) -> str:
    """A phone number's or address's shape with its last four signs, or its mail domain."""
    local, at, domain = value.rpartition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    if len(value) <= SHOWN + 2:
        return "•" * len(value)
    return f"{value[:2]} ••• {value[-SHOWN:]}"


def mask_name(name: str) -> str:
    """The first sign of each word of a name."""
    return " ".join(f"{word[:1]}••" for word in name.split())


def mask_within(value: object) -> object:
    """A document of JSON values with every phone number and e-mail address in it masked."""
    match value:
        case str():
            return mask(value) if _ADDRESS.fullmatch(value) else value
        case Mapping():
            return {key: mask_within(item) for key, item in value.items()}
        case list() | tuple():
            return [mask_within(item) for item in value]
    return value
