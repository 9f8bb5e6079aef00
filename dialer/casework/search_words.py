"""Texts and queries cut into words, for a search that both databases do alike. Pure.

Chinese has no blanks between words: each character is a word, and a run of them is a phrase.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"[㐀-䶿一-鿿豈-﫿]+|[^\W_㐀-䶿一-鿿豈-﫿]+")
_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")


def words(text: str) -> str:
    """The words of a text, folded, one blank between them."""
    return " ".join(" ".join(_split(piece)) for piece in _PIECE.findall(text.casefold()))


def phrases(query: str) -> list[list[str]]:
    """What a query asks for: phrases of words, all of which must be there."""
    return [_split(piece) for piece in _PIECE.findall(query.casefold())]


def _split(piece: str) -> list[str]:
    return list(piece) if _HAN.match(piece) else [piece]
