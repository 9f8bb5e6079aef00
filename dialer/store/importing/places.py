"""Where a consumer may be: candidate zones from every source that an import row has.

The zones of an area code are those of all ZIP codes served by it, together with those of the
numbering plan: the plan alone is wrong for one in ten US area codes. A number that is not tied to
a place (toll-free, VoIP) says nothing. All candidates are kept; a contact must suit every one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import phonenumbers
import zipcodes
from phonenumbers import PhoneNumber, PhoneNumberType, timezone

from compliance.facts import LocationKind

_PLACELESS = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
_MEDIUM = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
}
_WHOLE_PLAN = 12
"""More zones than any one area code has: the numbering plan only knows the continent."""

# The tz database gives Xinjiang a zone of its own; the law there runs on Beijing time.
_ONE_CLOCK = {"CN": "Asia/Shanghai"}


@dataclass(frozen=True, slots=True)
class Place:
    """One place where the consumer may be; `tz` None = unknown, which refuses."""

    kind: LocationKind
    tz: str | None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    code: str | None = None
    medium: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an import row says about the place. `numbers` are valid, each with its kind."""

    country: str | None
    region: str | None
    city: str | None
    postal_code: str | None
    stated_zone: str | None
    numbers: tuple[tuple[PhoneNumber, int], ...]


@dataclass(frozen=True, slots=True)
class _Zip:
    region: str
    city: str
    tz: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Atlas:
    zips: Mapping[str, _Zip]
    area_codes: Mapping[str, frozenset[tuple[str, str]]]  # (state, zone)
    states: Mapping[str, frozenset[str]]
    cities: Mapping[tuple[str, str], frozenset[str]]


def places(evidence: Evidence) -> tuple[Place, ...]:
    """All candidate places; with no source that gives a zone, one place with an unknown zone."""
    numbers = [place for number in evidence.numbers for place in _number_places(*number)]
    found: list[Place] = []
    if evidence.stated_zone:
        found.append(
            Place(
                kind=LocationKind.CONSUMER_STATED,
                tz=evidence.stated_zone,
                country=evidence.country,
                region=evidence.region,
            )
        )
    by_zip = _zip_place(evidence)
    if by_zip is not None:
        found.append(by_zip)
    found += _address_places(evidence, by_zip, numbers)
    at_home = any(place.region for place in found)
    for place in numbers:
        # A number's state matters only while nothing better is known of where the person lives.
        found.append(_without_region(place) if at_home else place)
    return tuple(dict.fromkeys(found)) or (
        Place(kind=LocationKind.ADDRESS, tz=None, country=evidence.country),
    )


def _zip_place(evidence: Evidence) -> Place | None:
    if evidence.country != "US" or evidence.postal_code is None:
        return None
    code = zip5(evidence.postal_code)
    known = _atlas().zips.get(code)
    if known is None:
        return None
    return Place(
        kind=LocationKind.POSTAL_CODE,
        tz=known.tz,
        country="US",
        region=known.region,
        city=known.city,
        code=code,
    )


def _address_places(
    evidence: Evidence, by_zip: Place | None, numbers: Iterable[Place]
) -> list[Place]:
    if by_zip is not None and evidence.region in (None, by_zip.region):
        return []
    country, region = evidence.country, evidence.region
    if country is None and region is None:
        return []
    zones = _address_zones(evidence)
    if not zones and evidence.stated_zone:
        zones = {evidence.stated_zone}
    if not zones:
        zones = {place.tz for place in numbers if place.tz and place.country == country}
    return [
        Place(kind=LocationKind.ADDRESS, tz=tz, country=country, region=region, city=evidence.city)
        for tz in sorted(zones) or (None,)
    ]


def _address_zones(evidence: Evidence) -> set[str]:
    if evidence.country == "US" and evidence.region:
        atlas = _atlas()
        city = atlas.cities.get((evidence.region, (evidence.city or "").casefold()))
        return set(city or atlas.states.get(evidence.region, frozenset()))
    only = country_zone(evidence.country)
    return {only} if only else set()


def _without_region(place: Place) -> Place:
    return Place(
        kind=place.kind,
        tz=place.tz,
        country=place.country,
        code=place.code,
        medium=place.medium,
    )


def _number_places(number: PhoneNumber, kind: int) -> tuple[Place, ...]:
    if kind in _PLACELESS:
        return ()
    national = phonenumbers.national_significant_number(number)
    area = national[:3] if number.country_code == 1 else None
    zones = timezone.time_zones_for_number(number)
    return _area_places(number_country(number), area, zones, _MEDIUM.get(kind))


@lru_cache(maxsize=65536)
def _area_places(
    country: str | None, area: str | None, zones: tuple[str, ...], medium: str | None
) -> tuple[Place, ...]:
    served = _atlas().area_codes.get(area or "", frozenset()) if country == "US" else frozenset()
    by_plan = set(zones) if len(zones) <= _WHOLE_PLAN else set()
    by_plan.discard(timezone.UNKNOWN_TIMEZONE)
    candidates = by_plan | {tz for _, tz in served}
    only = country_zone(country)
    if only and (not candidates or country in _ONE_CLOCK):
        candidates = {only}
    states = {state for state, _ in served}
    return tuple(
        Place(
            kind=LocationKind.NUMBER_AREA,
            tz=tz,
            country=country,
            region=min(states) if len(states) == 1 else None,
            code=area,
            medium=medium,
        )
        for tz in sorted(candidates)
    )


_territories: dict[tuple[int | None, str], str | None] = {}


def number_country(number: PhoneNumber) -> str | None:
    """The country that a number belongs to, worked out once for each area."""
    national = phonenumbers.national_significant_number(number)
    key = number.country_code, national[:3] if number.country_code == 1 else national[:6]
    if key not in _territories:
        _territories[key] = phonenumbers.region_code_for_number(number)
    return _territories[key]


def country_zone(country: str | None) -> str | None:
    """The only zone of a country, or None where it has several or is not known."""
    if country is None:
        return None
    zones = _country_zones().get(country, ())
    return _ONE_CLOCK.get(country) or (zones[0] if len(zones) == 1 else None)


def zip5(postal_code: str) -> str:
    """A ZIP code's first five digits, with the zeros that spreadsheets drop."""
    head = postal_code.split("-", maxsplit=1)[0].strip()
    return head.zfill(5) if head.isdigit() else head


@cache
def _atlas() -> _Atlas:
    """The ZIP table, turned round once: a look-up in the package itself is linear."""
    zips: dict[str, _Zip] = {}
    areas: dict[str, set[tuple[str, str]]] = defaultdict(set)
    states: dict[str, set[str]] = defaultdict(set)
    cities: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in zipcodes.list_all():
        state, city, tz = row["state"], row["city"], row["timezone"] or None
        zips[row["zip_code"]] = _Zip(region=state, city=city, tz=tz)
        if tz is None:
            continue
        states[state].add(tz)
        for name in (city, *row["acceptable_cities"]):
            cities[(state, name.casefold())].add(tz)
        for area in row["area_codes"]:
            areas[area].add((state, tz))
    return _Atlas(
        zips=zips,
        area_codes={area: frozenset(found) for area, found in areas.items()},
        states={state: frozenset(found) for state, found in states.items()},
        cities={city: frozenset(found) for city, found in cities.items()},
    )


@cache
def _country_zones() -> Mapping[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = defaultdict(list)
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country].append(zone)
    return {country: tuple(found) for country, found in zones.items()}


def known_country(code: str) -> bool:
    """Whether the code stands for a country or territory in ISO 3166-1."""
    return code in _iso3166()


@cache
def _iso3166() -> frozenset[str]:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and line[0] != "#")
