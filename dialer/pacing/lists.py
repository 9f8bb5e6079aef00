"""Whose turn it is among a campaign's lists, and which of its numbers is shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from zlib import crc32

OTHERS = ""
"""Stands for every list that the weights don't name; together they have the weight 1."""


class ListMix:
    """Smooth turns by weight: of lists with weights 3 and 1 the second has every fourth turn."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = {OTHERS: 1, **weights}
        self._credit = dict.fromkeys(self._weights, 0)

    def turns(self, count: int) -> Counter[str]:
        """How many of the next `count` turns each list has."""
        found: Counter[str] = Counter()
        total = sum(self._weights.values())
        for _ in range(count):
            for name, weight in self._weights.items():
                self._credit[name] += weight
            first = max(self._credit, key=lambda name: (self._credit[name], name))
            self._credit[first] -= total
            found[first] += 1
        return found


def nearest(pool: Sequence[str], number: str, otherwise: str) -> str:
    """The caller id nearest to the called number: that with the most leading digits in common.

    Among equally near ones the number itself decides, so that one consumer always sees the same.
    A pool without a number of the same country code's first digit shows `otherwise`.
    """
    if not pool:
        return otherwise
    alike = {shown: _alike(shown, number) for shown in pool}
    best = max(alike.values())
    if best < 2:  # "+" and the first digit of the country code
        return otherwise
    nearest_ones = sorted(shown for shown, same in alike.items() if same == best)
    return nearest_ones[crc32(number.encode()) % len(nearest_ones)]


def _alike(one: str, other: str) -> int:
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            return same
        same += 1
    return same
