"""A rulebook made ready for one channel and one actor: what to ask, and what needs no asking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from compliance.facts import Channel
from compliance.pack import Rulebook
from compliance.permit import Finding, Strength, Verdict
from compliance.rule import Clause, Rule

RANK: Mapping[Strength, int] = {strength: rank for rank, strength in enumerate(Strength)}
"""Strengths by rank, the hardest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rules of a rulebook in order, sorted by what they can say.

    `template` holds one finding a rule: what it says unless it is asked and says otherwise.
    """

    template: tuple[Finding, ...]
    readers: tuple[tuple[int, Rule], ...]
    lifters: tuple[tuple[int, Rule], ...]
    duties: tuple[tuple[int, Rule], ...]
    by_id: Mapping[tuple[str, str], int]
    strength: Strength


@lru_cache(maxsize=512)
def plan_for(rulebook: Rulebook, channel: Channel, actor: str) -> Plan:
    """The plan for contacts of an actor on a channel."""
    template: list[Finding] = []
    readers: list[tuple[int, Rule]] = []
    lifters: list[tuple[int, Rule]] = []
    duties: list[tuple[int, Rule]] = []
    actors = {pack.pack_id: pack.actors for pack in rulebook.packs}
    for index, rule in enumerate(rulebook.rules):
        idle = _idle(rule, channel, actor, actors[rule.pack_id])
        if idle is not None:
            template.append(rule.finding(Verdict.NOT_APPLICABLE, idle))
            continue
        template.append(rule.finding(Verdict.PASS, "nothing against it"))
        for method, kept in (("read", readers), ("lift", lifters), ("conditions", duties)):
            if getattr(type(rule.clause), method) is not getattr(Clause, method):
                kept.append((index, rule))
    return Plan(
        template=tuple(template),
        readers=tuple(readers),
        lifters=tuple(lifters),
        duties=tuple(duties),
        by_id={(r.pack_id, r.rule_id): i for i, r in reversed(list(enumerate(rulebook.rules)))},
        strength=strongest(r.strength for r in rulebook.rules if r.enabled),
    )


def _idle(rule: Rule, channel: Channel, actor: str, pack_actors: frozenset[str]) -> str | None:
    if not rule.enabled:
        return "switched off until it has been checked"
    if channel not in rule.channels:
        return f"does not govern {channel.value}"
    bound = rule.actors or pack_actors
    if bound and actor not in bound:
        return f"does not bind a {actor}"
    return None


def strongest(strengths: Iterable[Strength]) -> Strength:
    """The hardest of several strengths; prohibition where there are none."""
    return min(strengths, key=RANK.__getitem__, default=Strength.PROHIBITION)
