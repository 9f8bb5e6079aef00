"""Where the invented consumers live: real cities, one real postal code each, their area codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city. `zone` is its IANA time zone; `area_codes` is empty where numbers show no place."""

    country: str  # ISO 3166-1 alpha-2
    state: str
    city: str
    postal_code: str
    zone: str
    area_codes: tuple[str, ...] = ()


def _us(state: str, city: str, postal_code: str, zone: str, *area_codes: str) -> Place:
    return Place(
        country="US",
        state=state,
        city=city,
        postal_code=postal_code,
        zone=f"America/{zone}" if zone != "Honolulu" else "Pacific/Honolulu",
        area_codes=area_codes,
    )


def _cn(state: str, city: str, postal_code: str) -> Place:
    return Place(
        country="CN", state=state, city=city, postal_code=postal_code, zone="Asia/Shanghai"
    )


US_PLACES: tuple[Place, ...] = (
    _us("FL", "Miami", "33130", "New_York", "305", "786"),
    _us("FL", "Orlando", "32801", "New_York", "321", "407", "689"),
    _us("FL", "Jacksonville", "32202", "New_York", "904"),
    _us("FL", "Tampa", "33602", "New_York", "656", "813"),
    _us("NY", "New York", "10001", "New_York", "212", "332", "646", "917"),
    _us("NY", "Brooklyn", "11201", "New_York", "347", "718", "929"),
    _us("NY", "Buffalo", "14202", "New_York", "716"),
    _us("OH", "Columbus", "43215", "New_York", "380", "614"),
    _us("OH", "Cleveland", "44114", "New_York", "216"),
    _us("OH", "Cincinnati", "45202", "New_York", "283", "513"),
    _us("GA", "Atlanta", "30303", "New_York", "404", "470", "678"),
    _us("MA", "Boston", "02108", "New_York", "617", "857"),
    _us("IL", "Chicago", "60601", "Chicago", "312", "872"),
    _us("TX", "Houston", "77002", "Chicago", "281", "346", "713", "832"),
    _us("TX", "Dallas", "75201", "Chicago", "214", "469", "972"),
    _us("MN", "Minneapolis", "55401", "Chicago", "612"),
    _us("TN", "Nashville", "37203", "Chicago", "615", "629"),
    _us("FL", "Pensacola", "32502", "Chicago", "448", "850"),
    _us("LA", "New Orleans", "70112", "Chicago", "504"),
    _us("CO", "Denver", "80202", "Denver", "303", "720", "983"),
    _us("UT", "Salt Lake City", "84101", "Denver", "385", "801"),
    _us("NM", "Albuquerque", "87102", "Denver", "505"),
    _us("TX", "El Paso", "79901", "Denver", "915"),
    _us("AZ", "Phoenix", "85003", "Phoenix", "602"),
    _us("AZ", "Tucson", "85701", "Phoenix", "520"),
    _us("CA", "Los Angeles", "90012", "Los_Angeles", "213", "323"),
    _us("CA", "San Diego", "92101", "Los_Angeles", "619", "858"),
    _us("WA", "Seattle", "98101", "Los_Angeles", "206"),
    _us("OR", "Portland", "97205", "Los_Angeles", "503", "971"),
    _us("NV", "Las Vegas", "89101", "Los_Angeles", "702", "725"),
    _us("HI", "Honolulu", "96813", "Honolulu", "808"),
)

CN_PLACES: tuple[Place, ...] = (
    _cn("SH", "上海", "200001"),
    _cn("BJ", "北京", "100010"),
    _cn("GD", "广州", "510030"),
    _cn("SC", "成都", "610016"),
    _cn("HB", "武汉", "430014"),
)
