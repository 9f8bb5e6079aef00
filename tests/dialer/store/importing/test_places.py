"""Candidate zones come from every source, and a contact must suit them all."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumber

from dialer.store.importing.places import Evidence, Place, country_zone, places


def where(
    *numbers: str,
    country: str | None = None,
    region: str | None = None,
    city: str | None = None,
    postal_code: str | None = None,
    stated_zone: str | None = None,
) -> tuple[Place, ...]:
    def parsed(number: str) -> tuple[PhoneNumber, int]:
        value = phonenumbers.parse(number)
        return value, phonenumbers.number_type(value)

    return places(
        Evidence(
            country=country,
            region=region,
            city=city,
            postal_code=postal_code,
            stated_zone=stated_zone,
            numbers=tuple(map(parsed, numbers)),
        )
    )


def zones(found: tuple[Place, ...]) -> set[str | None]:
    return {place.tz for place in found}


def test_a_mobile_from_the_east_at_an_address_in_the_west_has_both_zones() -> None:
    found = where("+12125550123", country="US", region="CA", postal_code="90001")
    assert zones(found) == {"America/New_York", "America/Los_Angeles"}


def test_an_area_code_that_spans_zones_gives_them_all() -> None:
    assert zones(where("+12195550123")) >= {"America/Chicago", "America/New_York"}
    assert zones(where("+18505550123")) >= {"America/Chicago", "America/New_York"}


def test_a_zip_code_that_a_spreadsheet_cut_still_counts() -> None:
    found = where(country="US", postal_code="2134")
    assert [(p.code, p.region, p.tz) for p in found] == [("02134", "MA", "America/New_York")]


def test_an_address_that_contradicts_its_zip_code_is_a_place_of_its_own() -> None:
    found = where(country="US", region="TX", city="El Paso", postal_code="10001")
    assert zones(found) >= {"America/New_York", "America/Denver"}


def test_a_state_without_a_city_gives_all_its_zones() -> None:
    assert {"America/Chicago", "America/Denver"} <= zones(where(country="US", region="TX"))


def test_the_mainland_runs_on_one_clock() -> None:
    assert zones(where("+8619900000001", country="CN", region="新疆")) == {"Asia/Shanghai"}
    assert country_zone("CN") == "Asia/Shanghai"


@pytest.mark.parametrize("number", ["+18005550123", "+18885550123"])
def test_a_number_without_a_place_says_nothing(number: str) -> None:
    assert zones(where(number)) == {None}
    assert zones(where(number, country="US", postal_code="10001")) == {"America/New_York"}


def test_nothing_known_is_one_place_with_an_unknown_zone() -> None:
    assert zones(where()) == {None}
    assert zones(where(country="US")) == {None}


def test_a_country_of_many_zones_and_a_number_from_elsewhere_leave_the_zone_unknown() -> None:
    assert None in zones(where("+12125550123", country="AQ"))


def test_the_states_of_numbers_do_not_count_beside_an_address() -> None:
    found = where("+13055550123", country="US", region="NY", postal_code="10001")
    assert {place.region for place in found} == {"NY", None}
    assert {place.region for place in where("+13055550123")} == {"FL"}


@given(
    country=st.sampled_from([None, "US", "CN", "GB", "AQ", "CA"]),
    region=st.sampled_from([None, "NY", "TX", "ON", "??"]),
    postal_code=st.sampled_from([None, "10001", "99999", "34002"]),
    numbers=st.lists(st.sampled_from(["+12125550123", "+18005550123", "+8619900000001"])),
)
def test_more_evidence_never_removes_a_candidate_zone(
    country: str | None, region: str | None, postal_code: str | None, numbers: list[str]
) -> None:
    fewer = where(*numbers, country=country, region=region, postal_code=postal_code)
    more = where("+12195550123", *numbers, country=country, region=region, postal_code=postal_code)
    assert zones(fewer) - {None} <= zones(more)
    assert zones(more)
