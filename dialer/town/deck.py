"""Shares that hold exactly in a small town: dealt from shuffled decks, not drawn by chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import TypeVar

Card = TypeVar("Card")


def deal(seed: int, name: str, deck: Mapping[Card, int]) -> Iterator[Card]:
    """Cards without end, from decks shuffled one by one; each `name` is shuffled by itself."""
    rng = Random(f"{seed}/deck/{name}")
    while True:
        cards = [card for card, count in deck.items() for _ in range(count)]
        rng.shuffle(cards)
        yield from cards
