"""Where the changes of a draft pack fall: by pack, jurisdiction, channel and local hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.facts import ContactFacts, Location
from compliance.zones import zone

AXES = ("pack", "jurisdiction", "channel", "hour")
NOWHERE = "unknown"

Standing = Mapping[str, tuple[str, ...]]
"""Axis -> where a candidate stands on it.

A person who may be in several places stands in each of them, at the hour of each.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of a draft's changes falls on one value of an axis, beside the candidates there."""

    value: str
    candidates: int
    newly_refused: int
    newly_permitted: int
    moved: int


def standing(facts: ContactFacts, at: datetime, *, channel: str, packs: Iterable[str]) -> Standing:
    """Where a candidate at `at` stands. `packs` are those asked, or those that deny."""
    return {
        "pack": tuple(sorted(set(packs))),
        "jurisdiction": _unique(_jurisdiction(place) for place in facts.locations),
        "channel": (channel,),
        "hour": _unique(_hour(place, at) for place in facts.locations),
    }


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values))) or (NOWHERE,)


def _jurisdiction(place: Location) -> str:
    if place.country is None:
        return NOWHERE
    return place.country if place.region is None else f"{place.country}-{place.region}"


def _hour(place: Location, at: datetime) -> str:
    where = None if place.tz is None else zone(place.tz)
    return NOWHERE if where is None else f"{at.astimezone(where.info):%H}"


def tally(standings: Iterable[Standing]) -> dict[str, Counter[str]]:
    """How many stand at each value of each axis."""
    totals = {axis: Counter[str]() for axis in AXES}
    for one in standings:
        for axis in AXES:
            totals[axis].update(one[axis])
    return totals


def shares(
    tried: Mapping[str, Mapping[str, int]],
    refused: Sequence[Standing],
    permitted: Sequence[Standing],
    moved: Sequence[Standing],
) -> dict[str, tuple[Share, ...]]:
    """The values of each axis on which something changes, in their order."""
    changed = [tally(found) for found in (refused, permitted, moved)]
    return {
        axis: tuple(
            Share(
                value=value,
                candidates=tried[axis].get(value, 0),
                newly_refused=changed[0][axis][value],
                newly_permitted=changed[1][axis][value],
                moved=changed[2][axis][value],
            )
            for value in sorted({v for found in changed for v in found[axis]})
        )
        for axis in AXES
    }
