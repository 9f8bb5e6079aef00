"""A rulebook made ready for one channel and one actor: what to ask, and what needs no asking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache, reduce
from itertools import compress
from operator import or_

from compliance.allocation import strictest_first
from compliance.case import Case
from compliance.facts import Channel, ContactRequest
from compliance.pack import Rulebook
from compliance.permit import Condition, Finding, Strength, Verdict
from compliance.rule import Clause, Manner, Rule

RANK: Mapping[Strength, int] = {strength: rank for rank, strength in enumerate(Strength)}
"""Strengths by rank, the hardest first."""

Place = tuple[int, Rule]
"""A rule and its place among the findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A rule that may forbid, what it says when out of force, and the rules that lift it."""

    index: int
    rule: Rule
    dormant: Finding
    lifters: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rules of a rulebook in order, sorted by what they can say.

    `template` holds one finding a rule: what it says unless it is asked and says otherwise.
    """

    template: tuple[Finding, ...]
    readers: tuple[Reader, ...]
    duties: tuple[Rule, ...]
    by_id: Mapping[tuple[str, str], int]
    strength: Strength
    lookback: timedelta  # the longest window of any rule that counts
    channels: int  # bits of all channels that any rule counts
    _combined: dict[tuple[bool, ...], tuple[Condition, ...]] = field(default_factory=dict)

    def conditions(self, case: Case) -> tuple[Condition, ...]:
        """The duties of all rules in force, the strictest of one name first."""
        bound = tuple([not rule.dated or rule.in_force(case) for rule in self.duties])
        if bound not in self._combined:
            duties = compress(self.duties, bound)
            found = [c for rule in duties for c in rule.clause.conditions(rule)]
            self._combined[bound] = strictest_first(found)
        return self._combined[bound]


def plan_for(rulebook: Rulebook, request: ContactRequest, actor: str) -> Plan:
    """The plan for contacts of an actor on the request's channel and in its manner."""
    manner = Manner(request.party, request.mode, request.purpose, request.content)
    return _plan(rulebook, request.channel, actor, manner)


@lru_cache(maxsize=2048)
def _plan(rulebook: Rulebook, channel: Channel, actor: str, manner: Manner) -> Plan:
    template: list[Finding] = []
    active: list[Place] = []
    actors = {pack.pack_id: pack.actors for pack in rulebook.packs}
    for index, rule in enumerate(rulebook.rules):
        idle = _idle(rule, channel, actor, actors[rule.pack_id])
        if idle is None and rule.concerns(manner):
            active.append((index, rule))
        elif idle is None and _does(rule, "read"):
            idle = "concerns other contacts"
        template.append(
            rule.finding(Verdict.NOT_APPLICABLE, idle)
            if idle is not None
            else rule.finding(Verdict.PASS, "nothing against it")
        )
    counted = [rule.clause.counts() for _, rule in active]
    lifters = [place for place in active if _does(place[1], "lift")]
    return Plan(
        template=tuple(template),
        readers=tuple(_reader(i, rule, lifters) for i, rule in active if _does(rule, "read")),
        duties=tuple(rule for _, rule in active if _does(rule, "conditions")),
        by_id={(r.pack_id, r.rule_id): i for i, r in reversed(list(enumerate(rulebook.rules)))},
        strength=strongest(r.strength for r in rulebook.rules if r.enabled),
        lookback=max((back for back, _ in counted), default=timedelta()),
        channels=reduce(or_, (channels for _, channels in counted), 0),
    )


def _does(rule: Rule, method: str) -> bool:
    return getattr(type(rule.clause), method) is not getattr(Clause, method)


def _reader(index: int, rule: Rule, lifters: Iterable[Place]) -> Reader:
    return Reader(
        index=index,
        rule=rule,
        dormant=rule.finding(Verdict.NOT_APPLICABLE, "not in force on this day"),
        lifters=tuple(
            (i, lifter)
            for i, lifter in lifters
            if lifter.pack_id == rule.pack_id and rule.rule_id in lifter.lifts
        ),
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
