"""Numbers and addresses as a reader without leave for them sees them."""

from __future__ import annotations

SHOWN = 4


def mask(value: str) -> str:
    """A phone number's or address's shape with its last four signs, or its mail domain."""
    local, at, domain = value.rpartition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    if len(value) <= SHOWN + 2:
        return "•" * len(value)
    return f"{value[:2]} ••• {value[-SHOWN:]}"
