"""When busy agents will be free: hazards by age of talk and wrap-up, learned with forgetting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dialer.pacing.modes.lookahead.level import LevelFilter
from dialer.pacing.snapshot import AgentId, PacerContext

FORGET = 5400.0
TALK_EDGES = (
    *(0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 37, 45, 55, 67, 80, 95, 115, 140, 170, 210, 260),
    *(330, 420, 560, 800, 1200),
)
WRAP_BINS = 90
BELIEF = 6.0  # ends that the team's rate weighs in an agent's own
TALK_PRIOR = 150.0  # agent-seconds of belief in the prior talk hazard, for each bin
WRAP_PRIOR = 25.0


class ServiceModel:
    """Talk ends with hazard `h(age)` times the agent's own factor; wrap-up likewise.

    `hazards` gives for each talking agent the rate at which the talk ends; with the integral of
    the wrap-up's law, `wrap_integral`, the chance to be free within u is 1 - exp(-h * I(u)).
    """

    def __init__(self, ctx: PacerContext) -> None:
        n = len(TALK_EDGES)
        self.talk_exposed = [0.0] * n
        self.talk_ends = [0.0] * n
        self.wrap_exposed = [0.0] * WRAP_BINS
        self.wrap_ends = [0.0] * WRAP_BINS
        self.talk_level = LevelFilter(spread=0.002, jump=1 / 8000, prior_sd=0.2)
        self.talk_observed = self.talk_expected = 0.0
        self.after_wrap = [60.0, 1.5]  # to work, to pause
        self.pause_ends, self.pause_seconds = 1.0, 900.0
        self.own: dict[
            AgentId, list[float]
        ] = {}  # agent -> talk ends, expected, wrap ends, expected
        self.lookup = _age_lookup()
        self.prior_talk = [_lognormal_hazard(_middle(b), 60.0, 1.0) for b in range(n)]
        self.prior_wrap = [_lognormal_hazard(b + 0.5, 16.7, 0.6) for b in range(WRAP_BINS)]
        self.rebuild()

    # Learning ----------------------------------------------------------------------------------

    def moved(self, agent: AgentId, old: str, new: str, age: float) -> None:
        """An agent left `old`, after `age` seconds, for `new`."""
        if old == "talk":
            self.talk_ends[self._talk_bin(age)] += 1.0
            self.talk_observed += 1.0
            self._own(agent)[0] += 1.0
            self._own(agent)[1] += self._cumulative_talk(age)
        elif old == "wrap":
            self.wrap_ends[min(WRAP_BINS - 1, int(age))] += 1.0
            own = self._own(agent)
            own[2] += 1.0
            own[3] += self.wrap_cumulative[min(WRAP_BINS, int(age + 0.5))]
            self.after_wrap[1 if new in ("pause", "off") else 0] += 1.0
        elif old == "pause" and new != "off":
            self.pause_ends += 1.0

    def _own(self, agent: AgentId) -> list[float]:
        return self.own.setdefault(agent, [0.0, 0.0, 0.0, 0.0])

    def expose(
        self,
        talk: Sequence[tuple[AgentId, float]],
        wrap: Sequence[tuple[AgentId, float]],
        paused: int,
        seconds: float,
    ) -> None:
        """Book `seconds` of work at the ages seen."""
        lookup, last = self.lookup, len(self.lookup) - 1
        exposed, hazard = self.talk_exposed, self.talk_hazard
        level, expected = self.talk_level.mean, 0.0
        for _, age in talk:
            b = lookup[int(age) if age < last else last]
            exposed[b] += seconds * level
            expected += hazard[b]
        self.talk_expected += expected * seconds
        for _, age in wrap:
            self.wrap_exposed[min(WRAP_BINS - 1, int(age))] += seconds
        self.pause_seconds += paused * seconds

    def learn_level(self, seconds: float) -> None:
        self.talk_level.update(self.talk_observed, self.talk_expected, seconds)
        self.talk_observed = self.talk_expected = 0.0

    def forget(self, seconds: float) -> None:
        keep = math.exp(-seconds / FORGET)
        for table in (self.talk_exposed, self.talk_ends, self.wrap_exposed, self.wrap_ends):
            for a, value in enumerate(table):
                table[a] = value * keep
        self.pause_seconds *= keep
        self.pause_ends *= keep

    # Prediction --------------------------------------------------------------------------------

    def rebuild(self) -> None:
        self.talk_hazard = [
            (self.talk_ends[b] + TALK_PRIOR * self.prior_talk[b])
            / (self.talk_exposed[b] + TALK_PRIOR)
            for b in range(len(TALK_EDGES))
        ]
        self.wrap_hazard = [
            (self.wrap_ends[b] + WRAP_PRIOR * self.prior_wrap[b])
            / (self.wrap_exposed[b] + WRAP_PRIOR)
            for b in range(WRAP_BINS)
        ]
        total, integral = 0.0, 0.0
        self.wrap_cumulative = [0.0]
        self.wrap_integral = [0.0]  # of the law of the wrap-up's length
        for h in self.wrap_hazard:
            before = 1 - math.exp(-total)
            total += h
            integral += (before + 1 - math.exp(-total)) / 2
            self.wrap_cumulative.append(total)
            self.wrap_integral.append(integral)
        sums, run = [], 0.0
        for b, low in enumerate(TALK_EDGES):
            sums.append(run)
            high = TALK_EDGES[b + 1] if b + 1 < len(TALK_EDGES) else low
            run += self.talk_hazard[b] * (high - low)
        self.talk_sums = sums
        self.to_work = self.after_wrap[0] / (self.after_wrap[0] + self.after_wrap[1])
        self.return_rate = self.pause_ends / self.pause_seconds

    def _talk_bin(self, age: float) -> int:
        return self.lookup[min(len(self.lookup) - 1, int(age))]

    def _cumulative_talk(self, age: float) -> float:
        b = self._talk_bin(age)
        return self.talk_sums[b] + self.talk_hazard[b] * (age - TALK_EDGES[b])

    def talk_factor(self, agent: AgentId) -> float:
        own = self.own.get(agent)
        return 1.0 if own is None else (own[0] + BELIEF) / (own[1] + BELIEF)

    def hazards(self, talk: Sequence[tuple[AgentId, float]]) -> list[float]:
        """For each talking agent, the rate a second at which the talk will end soon."""
        lookup, last, hazard = self.lookup, len(self.lookup) - 1, self.talk_hazard
        level, own = self.talk_level.mean, self.own
        rates = []
        for agent, age in talk:
            ahead = age + 6.0
            h = hazard[lookup[int(ahead) if ahead < last else last]] * level
            mine = own.get(agent)
            if mine is not None:
                h *= (mine[0] + BELIEF) / (mine[1] + BELIEF)
            rates.append(h)
        return rates

    def wrap_bases(self, wrap: Sequence[tuple[AgentId, float]]) -> list[tuple[float, float, float]]:
        """For each wrap-up its agent's factor, its age, and the hazard that it has outlived."""
        own, table = self.own, self.wrap_cumulative
        bases = []
        for agent, age in wrap:
            mine = own.get(agent)
            factor = 1.0 if mine is None else (mine[2] + BELIEF) / (mine[3] + BELIEF)
            bases.append((factor, age, _at(table, age)))
        return bases

    def wrap_chances(self, bases: Sequence[tuple[float, float, float]], u: float) -> list[float]:
        """The chances that these wrap-ups end within `u`."""
        exp, table = math.exp, self.wrap_cumulative
        return [1 - exp(factor * (base - _at(table, age + u))) for factor, age, base in bases]

    def wrap_integral_at(self, u: float) -> float:
        return _at(self.wrap_integral, u)

    # State -------------------------------------------------------------------------------------

    _TABLES = ("talk_exposed", "talk_ends", "wrap_exposed", "wrap_ends", "after_wrap")
    _NUMBERS = ("talk_observed", "talk_expected", "pause_ends", "pause_seconds")
    _BUILT = ("talk_hazard", "wrap_hazard", "wrap_cumulative", "wrap_integral", "talk_sums")

    def dump(self) -> dict[str, Any]:
        state: dict[str, Any] = {name: list(getattr(self, name)) for name in self._TABLES}
        state |= {name: list(getattr(self, name)) for name in self._BUILT}
        state |= {name: getattr(self, name) for name in self._NUMBERS}
        state["to_work"], state["return_rate"] = self.to_work, self.return_rate
        state["level"] = self.talk_level.dump()
        state["own"] = [[agent, list(own)] for agent, own in self.own.items()]
        return state

    def load(self, state: dict[str, Any]) -> None:
        for name in (*self._TABLES, *self._BUILT):
            setattr(self, name, [float(v) for v in state[name]])
        for name in (*self._NUMBERS, "to_work", "return_rate"):
            setattr(self, name, float(state[name]))
        self.talk_level.load(state["level"])
        self.own = {agent: list(own) for agent, own in state["own"]}


def _at(table: Sequence[float], x: float) -> float:
    """Linear interpolation in a table of whole seconds; beyond it, along the last slope."""
    last = len(table) - 1
    i = int(x)
    if i >= last:
        return table[last] + (x - last) * (table[last] - table[last - 1])
    return table[i] + (x - i) * (table[i + 1] - table[i])


def _middle(b: int) -> float:
    low = TALK_EDGES[b]
    high = TALK_EDGES[b + 1] if b + 1 < len(TALK_EDGES) else 1.5 * low
    return (low + high) / 2


def _age_lookup() -> list[int]:
    lookup, b = [], 0
    for age in range(TALK_EDGES[-1] + 1):
        while b + 1 < len(TALK_EDGES) and TALK_EDGES[b + 1] <= age:
            b += 1
        lookup.append(b)
    return lookup


def _lognormal_hazard(x: float, median: float, sigma: float) -> float:
    z = math.log(x / median) / sigma
    density = math.exp(-z * z / 2) / (x * sigma * math.sqrt(2 * math.pi))
    return density / max(1e-9, 0.5 * math.erfc(z / math.sqrt(2)))
