"""A token opens one offer, for one use, until its time; nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.casework.agreement_link import BadLink, LinkExpired, Use, make_token, read_token

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
KEY = b"k" * 32
LINK = "link-0123456789abcdef01234567"


def token(use: Use = Use.READ, key: bytes = KEY) -> str:
    return make_token(use, LINK, NOON + timedelta(days=7), key)


def test_a_token_opens_its_offer_until_its_time() -> None:
    assert read_token(Use.READ, token(), KEY, NOON) == LINK
    with pytest.raises(LinkExpired):
        read_token(Use.READ, token(), KEY, NOON + timedelta(days=7))


def test_reading_is_not_accepting() -> None:
    with pytest.raises(BadLink):
        read_token(Use.ACCEPT, token(Use.READ), KEY, NOON)
    with pytest.raises(BadLink):
        read_token(Use.READ, token(Use.READ, b"another" * 4), KEY, NOON)


@given(place=st.integers(min_value=0), sign=st.sampled_from("AZaz09-_"), cut=st.integers(1, 60))
def test_no_changed_token_opens_anything(place: int, sign: str, cut: int) -> None:
    good = token()
    place %= len(good)
    changed = good[:place] + sign + good[place + 1 :]
    for other in (changed, good[:-cut], "", "%", good + "A"):
        try:
            opened = read_token(Use.READ, other, KEY, NOON)
        except BadLink:
            continue
        assert (opened, other) == (LINK, good)
