"""Opaque identifiers: they say nothing about the person, and cannot be guessed."""

from __future__ import annotations

import secrets

ID_LENGTH = 40
"""The longest identifier that a column must hold."""


def new_id(kind: str) -> str:
    """A fresh identifier that starts with what it names, such as `case-9f...` (96 random bits)."""
    return f"{kind}-{secrets.token_hex(12)}"
