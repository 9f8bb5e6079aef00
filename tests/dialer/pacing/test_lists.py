"""Turns follow the weights; a consumer sees the house's nearest number, always the same one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.lists import OTHERS, ListMix, nearest

POOL = ("+12125550100", "+12125550101", "+13055550100", "+8619900000100")


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 9)),
    st.lists(st.integers(0, 7), max_size=20),
)
def test_turns_follow_the_weights_however_they_are_asked_for(
    weights: dict[str, int], asked: list[int]
) -> None:
    mix, once = ListMix(weights), ListMix(weights)
    piece: Counter[str] = Counter()
    for count in asked:
        piece += mix.turns(count)
    assert piece == once.turns(sum(asked))
    total = 1 + sum(weights.values())
    for name, weight in {OTHERS: 1, **weights}.items():
        assert abs(piece[name] - sum(asked) * weight / total) < 1.5


def test_the_nearest_number_is_shown() -> None:
    assert nearest(POOL, "+13055550177", "+15550100100") == "+13055550100"
    assert nearest(POOL, "+8619900000177", "+15550100100") == "+8619900000100"
    shown = {nearest(POOL, f"+1212555{n:04}", "+15550100100") for n in range(100, 160)}
    assert shown == {"+12125550100", "+12125550101"}
    assert nearest(POOL, "+442079460100", "+15550100100") == "+15550100100"
    assert nearest((), "+12125550177", "+15550100100") == "+15550100100"
