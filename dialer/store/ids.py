"""Opaque identifiers: they say nothing about the person, and cannot be guessed."""

from __future__ import annotations

import secrets
from itertools import count

ID_LENGTH = 40
"""The longest identifier that a column must hold."""

_PROCESS = secrets.token_hex(2)
_numbers = count()


def new_id(kind: str) -> str:
    """A fresh identifier that starts with what it names, such as `case-9f...`.

    Those of one process follow each other, so that many rows in a row touch few pages of an index;
    64 bits of each are its own chance.
    """
    return f"{kind}-{_PROCESS}{next(_numbers) % 0x1000000:06x}{secrets.token_hex(8)}"
