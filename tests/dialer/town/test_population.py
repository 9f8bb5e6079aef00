"""The town's people: invented, the same for a seed, with every habit in the shares promised."""

from __future__ import annotations

import re
from collections import Counter
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
import zipcodes
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.town.habits import CALL_DECK, MAIL_DECK, TEXT_DECK
from dialer.town.places import US_PLACES, Place
from dialer.town.population import make_population


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(), small=st.integers(1, 60), more=st.integers(0, 60))
def test_a_consumer_depends_on_the_seed_and_not_on_the_town_around(
    seed: int, small: int, more: int
) -> None:
    larger = make_population(seed, small + more).consumers
    assert make_population(seed, small).consumers == larger[:small]


def test_two_seeds_make_two_towns() -> None:
    assert make_population(1, 40).consumers != make_population(2, 40).consumers


def test_every_number_is_fictional_valid_and_used_once() -> None:
    phones = [phone for c in make_population(7, 1000).consumers for phone in c.phones]
    numbers = [phone.number for phone in phones]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert re.fullmatch(r"\+1\d{3}55501\d\d|\+861990000\d{4}", number)
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))


def test_habits_have_their_shares_exactly_in_every_forty() -> None:
    people = make_population(3, 120).consumers
    assert Counter(c.phones[0].call.habit for c in people) == {
        k: v * 3 for k, v in CALL_DECK.items()
    }
    assert Counter(c.phones[0].text.habit for c in people) == {
        k: v * 3 for k, v in TEXT_DECK.items()
    }
    assert Counter(c.mailbox.mail.habit for c in people) == {k: v * 3 for k, v in MAIL_DECK.items()}


def test_the_town_spans_the_zones_and_some_moved_away_from_their_area_code() -> None:
    people = make_population(1).consumers
    zones = {c.place.zone for c in people}
    assert zones == {
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "Pacific/Honolulu",
        "Asia/Shanghai",
    }
    assert {"FL", "NY", "OH"} <= {c.place.state for c in people}
    movers = sum(c.phones[0].area_zone_differs for c in people)
    assert 0 < movers < len(people) / 5


@pytest.mark.parametrize("place", US_PLACES, ids=lambda p: p.postal_code)
def test_postal_codes_are_those_of_the_city_and_its_zone(place: Place) -> None:
    (entry,) = zipcodes.matching(place.postal_code)
    assert (entry["city"], entry["state"], entry["timezone"]) == (
        place.city,
        place.state,
        place.zone,
    )
    assert ZoneInfo(place.zone)
    assert set(place.area_codes) <= set(entry["area_codes"])


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_town_that_cannot_be_is_refused_with_its_reason(size: int) -> None:
    with pytest.raises(ValueError, match=r"at least one|no fictional number left"):
        make_population(1, size)
