"""How much abandonment a campaign's law bears: from the rule packs of its people to a budget."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compliance.pack import RulePack, Selection
from compliance.packs import Catalogue
from dialer.pacing.plan import BudgetRule, Period

CAP = "abandonment_cap"
HOUSE = BudgetRule(cap=0.03, period=Period.SUCCESSIVE_30_DAYS, rule_id="house ceiling")
"""Where no pack names a cap: that of 16 CFR 310.4(b)(4)(i), as a rule of the house."""
_VALUE = re.compile(r"(\d+)/1000 per (\S+)")
_DAILY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The cap that binds. `none_allowed`: the law bears no abandoned call at all."""

    rule: BudgetRule
    none_allowed: bool = False


def budget_of(catalogue: Catalogue, actor: str, countries: Iterable[str]) -> Budget:
    """The strictest cap of the packs that hold for this actor in these countries."""
    places = frozenset(countries)
    found = sorted(
        (cap for pack in catalogue.values() if _holds(pack, actor, places) for cap in _caps(pack)),
        key=lambda cap: cap[:2],
    )
    if not found:
        return Budget(rule=HOUSE)
    permille, rule_id, period = found[0]
    if permille == 0:
        return Budget(
            rule=BudgetRule(cap=HOUSE.cap, period=HOUSE.period, rule_id=rule_id),
            none_allowed=True,
        )
    return Budget(rule=BudgetRule(cap=permille / 1000, period=period, rule_id=rule_id))


def _holds(pack: RulePack, actor: str, places: frozenset[str]) -> bool:
    bound = not pack.actors or actor in pack.actors or any(actor in r.actors for r in pack.rules)
    by_place = pack.selection is Selection.PLACE and bool(pack.countries & places)
    return bound and (pack.selection is Selection.ALWAYS or by_place)


def _caps(pack: RulePack) -> Iterator[tuple[int, str, Period]]:
    """Each cap of a pack: per thousand, its rule, its period."""
    for rule in pack.rules:
        if not rule.enabled:
            continue
        for duty in rule.clause.conditions(rule):
            read = _VALUE.fullmatch(duty.value) if duty.name == CAP else None
            if read is not None:
                daily = read[2] == _DAILY
                period = Period.DAY if daily else Period.SUCCESSIVE_30_DAYS
                yield int(read[1]), rule.rule_id, period
