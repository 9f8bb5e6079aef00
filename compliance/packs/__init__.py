"""The packs that come with the product, packs of a folder, and the choice among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

from compliance.facts import ContactFacts, ContactRequest, Location
from compliance.pack import Gap, PackError, Rulebook, RulePack, Selection, parse

Catalogue = Mapping[str, RulePack]
"""Packs by id."""

COUNTRY_UNKNOWN = "RF-COUNTRY-UNKNOWN"
PACK_MISSING = "RF-PACK-MISSING"


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """The packs that come with the product, by id."""
    files = resources.files("compliance.packs").iterdir()
    texts = {f.name: f.read_text("utf-8") for f in files if f.name.endswith(".toml")}
    return _catalogue(texts.items())


def read(directory: Path) -> Catalogue:
    """The packs (`*.toml`) of a folder, by id; PackError where one does not hold."""
    files = sorted(directory.glob("*.toml"))
    if not files:
        raise PackError(str(directory), 1, "no rule packs (*.toml) in this folder")
    return _catalogue((str(f), f.read_text("utf-8")) for f in files)


def _catalogue(texts: Iterable[tuple[str, str]]) -> dict[str, RulePack]:
    packs: dict[str, RulePack] = {}
    for name, text in sorted(texts):
        pack = parse(text, name)
        if pack.pack_id in packs:
            raise PackError(name, 1, f"the pack {pack.pack_id!r} is there twice")
        packs[pack.pack_id] = pack
    return dict(sorted(packs.items()))


def select(
    catalogue: Catalogue,
    request: ContactRequest,
    facts: ContactFacts,
    *,
    also: Collection[str] = (),
) -> Rulebook:
    """The packs that apply to a contact: those for everyone, those of every place where the
    consumer may be and of this actor, and those that the configuration names in `also`.

    A place without a country, or a country for which no pack binds this actor, is a gap: every
    decision under that rulebook is a refusal. KeyError where `also` names a pack that the
    catalogue does not have.
    """
    named = tuple(sorted(also))
    return _select(tuple(catalogue.values()), facts.actor, facts.locations, named)


@lru_cache(maxsize=4096)
def _select(
    packs: tuple[RulePack, ...],
    actor: str,
    locations: tuple[Location, ...],
    named: tuple[str, ...],
) -> Rulebook:
    by_id = {pack.pack_id: pack for pack in packs}
    chosen = [p for p in packs if p.selection is Selection.ALWAYS]
    gaps: list[Gap] = []
    for place in locations:
        if place.country is None:
            gaps.append(
                Gap(
                    rule_id=COUNTRY_UNKNOWN,
                    reason=f"the country of a place ({place.kind.value}) is not known",
                    unlock="record the country where the consumer is",
                )
            )
            continue
        here = [p for p in packs if applies(p, actor, place)]
        chosen.extend(here)
        if all(p.supplement for p in here):
            gaps.append(missing(f"no rule pack for {place.country} binds a {actor}"))
    chosen.extend(by_id[pack_id] for pack_id in named)
    return _book(tuple(sorted(set(chosen), key=lambda p: p.pack_id)), tuple(dict.fromkeys(gaps)))


def missing(reason: str) -> Gap:
    """The gap of a rule pack that is not there."""
    return Gap(rule_id=PACK_MISSING, reason=reason, unlock="add the rule pack and have it reviewed")


@lru_cache(maxsize=1024)
def _book(packs: tuple[RulePack, ...], gaps: tuple[Gap, ...]) -> Rulebook:
    return Rulebook.of(packs, gaps)


def applies(pack: RulePack, actor: str, place: Location) -> bool:
    """Whether a pack applies by place to an actor who contacts someone there."""
    return (
        pack.selection is Selection.PLACE
        and place.country in pack.countries
        and (pack.region is None or pack.region == place.region)
        and (not pack.cities or (place.city or "").casefold() in pack.cities)
        and (not pack.actors or actor in pack.actors or any(actor in r.actors for r in pack.rules))
    )
