"""When a person will pick up: hazards by ringing age, learned with forgetting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dialer.pacing.modes.lookahead.detection import DetectionModel, LegalCount
from dialer.pacing.modes.lookahead.level import LevelFilter
from dialer.pacing.snapshot import PacerContext

PRIOR_RATE = 0.30  # a cautious guess of the share answered by a person, before any call
PRIOR_SECONDS = 100.0  # call-seconds of belief in the prior hazard, for each second of age
FORGET = 5400.0  # seconds after which the shape of the hazards has forgotten to 1/e


class AnswerModel:
    """Hazards of pick-up by a person, of pick-up by a machine, and of any other end of ringing.

    A call of ringing age `a` is picked up by a person within `u` seconds with probability
    `(C[a+u] - C[a]) / G[a]`: C the cumulative share picked up by persons, G the share ringing.
    """

    def __init__(self, ctx: PacerContext) -> None:
        self.bins = max(8, math.ceil(ctx.ring_timeout) + 3)
        n = self.bins
        self.detects = ctx.amd
        self.exposed = [0.0] * n  # call-seconds of ringing at this age, at level 1
        self.raw = [0.0] * n  # call-seconds of ringing at this age
        self.human = [0.0] * n
        self.other = [0.0] * n
        self.machine = [0.0] * n
        shape = [_gamma_hazard(a + 0.5) for a in range(n)]
        self.prior_human = [PRIOR_RATE * h for h in shape]
        self.prior_other = [0.02 if a < 5 else 0.01 for a in range(n)]
        self.level = LevelFilter(spread=0.004, jump=1 / 5000, prior_sd=0.25)
        self.observed = 0.0
        self.expected = 0.0
        self.ringing: dict[Any, float] = {}  # call -> launch
        self.detecting: dict[Any, tuple[float, float]] = {}  # call -> (pick-up, age at pick-up)
        self.verdicts: dict[Any, tuple[float, float]] = {}  # live call -> (verdict, P(person))
        self.detection = DetectionModel()
        self.legal = LegalCount()
        self.slack_sum, self.slack_n = 1.35 * 8, 8.0
        self.delay_sum, self.delay_n = 1.75 * 8, 8.0
        self.cumulative = [0.0] * (n + 1)
        self.still = [1.0] * (n + 1)
        self.rebuild()

    # Learning ----------------------------------------------------------------------------------

    def launch(self, t: float, call: Any) -> None:
        self.ringing[call] = t

    def answer(self, t: float, call: Any, age: float) -> None:
        self.ringing.pop(call, None)
        self.detecting[call] = (t, age)

    def outcome(self, t: float, call: Any, value: str, age: float) -> None:
        picked = self.detecting.pop(call, None)
        self.ringing.pop(call, None)
        at = age if picked is None else picked[1]
        b = min(self.bins - 1, max(0, int(at)))
        if picked is None or value not in ("human", "machine"):
            self.other[b] += 1.0
            return
        live, delay, person = value == "human", t - picked[0], 1.0
        if self.detects:
            person = self.detection.verdict(live, delay, *self._pickups(b))
        (self.human if live else self.machine)[b] += 1.0
        if live:
            self.observed += 1.0
            self.delay_sum += delay
            self.delay_n += 1.0
            self.legal.live(person)
            self.verdicts[call] = (t, person)
            if len(self.verdicts) > 4096:
                del self.verdicts[next(iter(self.verdicts))]

    def abandon(self, t: float, call: Any) -> None:
        verdict = self.verdicts.pop(call, None)
        if verdict is not None:
            self.slack_sum += t - verdict[0]
            self.slack_n += 1.0
            self.legal.abandoned(verdict[1])

    @property
    def slack(self) -> float:
        """Seconds from a person's pick-up until the call counts as abandoned."""
        return self.delay_sum / self.delay_n + self.slack_sum / self.slack_n

    def expose(self, counts: Sequence[int], seconds: float) -> None:
        """Book `seconds` of ringing: `counts[a]` calls were of age `a`."""
        level = self.level.mean
        expected = 0.0
        for a, n in enumerate(counts):
            if n:
                self.exposed[a] += n * seconds * level
                self.raw[a] += n * seconds
                expected += n * self.hazard[a]
        self.expected += expected * seconds

    def learn_level(self, seconds: float) -> None:
        self.level.update(self.observed, self.expected, seconds)
        self.observed = self.expected = 0.0

    def forget(self, seconds: float) -> None:
        keep = math.exp(-seconds / FORGET)
        for table in (self.exposed, self.raw, self.human, self.other, self.machine):
            for a, value in enumerate(table):
                table[a] = value * keep
        self.detection.forget()

    # Prediction --------------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Recompute the tables from the counts and the present level."""
        level = self.level.mean
        scale = self._prior_scale()
        hazard, out = [], []
        for a in range(self.bins):
            prior = self.prior_human[a] * scale
            hazard.append(
                (self.human[a] + PRIOR_SECONDS * prior) / (self.exposed[a] + PRIOR_SECONDS)
            )
            out.append(
                (self.other[a] + self.machine[a] + PRIOR_SECONDS * self.prior_other[a])
                / (self.raw[a] + PRIOR_SECONDS)
            )
        self.hazard = hazard
        still, total = 1.0, 0.0
        for a in range(self.bins):
            self.still[a], self.cumulative[a] = still, total
            person = hazard[a] * level
            leave = person + out[a]
            gone = 1 - math.exp(-leave)
            total += still * gone * person / leave if leave > 0 else 0.0
            still *= 1 - gone
        self.still[self.bins], self.cumulative[self.bins] = still, total
        self._rows: dict[int, list[float]] = {}

    def _prior_scale(self) -> float:
        """The prior hazard keeps its shape and takes the level that was seen."""
        seen = sum(self.human)
        expected = sum(e * p for e, p in zip(self.exposed, self.prior_human, strict=True))
        return (seen + 3.0) / (expected + 3.0)

    def row(self, age: int, horizons: Sequence[int]) -> list[float]:
        """Chances of pick-up by a person within each horizon (whole seconds) from this age."""
        row = self._rows.get(age)
        if row is None:
            c, n = self.cumulative, self.bins
            base, alive = c[min(age, n)], max(1e-6, self.still[min(age, n)])
            row = [min(1.0, (c[min(age + u, n)] - base) / alive) for u in horizons]
            self._rows[age] = row
        return row

    def detected_human(self, now: float, ages: Sequence[float]) -> list[float]:
        """For each call in detection, the chance that a person picked up."""
        if len(self.detecting) == len(ages):
            return [self._human(now - t, age) for t, age in self.detecting.values()]
        return [self._human(delta, None) for delta in ages]

    def _human(self, delta: float, age: float | None) -> float:
        """P(an agent will be needed): a person, or a machine that passes."""
        b = None if age is None else min(self.bins - 1, max(0, int(age)))
        person = self.detection.running(delta, *self._pickups(b))
        return person + (1 - person) * self.detection.passed

    def _pickups(self, b: int | None) -> tuple[float, float]:
        """Hazards of pick-up by a person and by a machine, at an age or over all ages."""
        if b is None:
            live, hung_up = sum(self.human) + 1.0, sum(self.machine) + 1.0
        else:
            live = self.hazard[b] * self.level.mean
            hung_up = (self.machine[b] + 0.05) / (self.raw[b] + 10.0)
        machine = hung_up / (1 - self.detection.passed)
        return max(0.02 * live, live - self.detection.passed * machine), machine

    # State -------------------------------------------------------------------------------------

    _TABLES = ("exposed", "raw", "human", "other", "machine")
    _NUMBERS = ("observed", "expected", "slack_sum", "slack_n", "delay_sum", "delay_n")

    def dump(self) -> dict[str, Any]:
        state: dict[str, Any] = {name: list(getattr(self, name)) for name in self._TABLES}
        state |= {name: getattr(self, name) for name in self._NUMBERS}
        state["level"] = self.level.dump()
        state["ringing"] = [[call, t] for call, t in self.ringing.items()]
        state["detecting"] = [[call, t, age] for call, (t, age) in self.detecting.items()]
        state["verdicts"] = [[call, t, person] for call, (t, person) in self.verdicts.items()]
        state["detection"] = self.detection.dump()
        state["legal"] = self.legal.dump()
        state["tables"] = [list(self.hazard), list(self.still), list(self.cumulative)]
        return state

    def load(self, state: dict[str, Any]) -> None:
        for name in self._TABLES:
            setattr(self, name, [float(v) for v in state[name]])
        for name in self._NUMBERS:
            setattr(self, name, float(state[name]))
        self.level.load(state["level"])
        self.ringing = dict(state["ringing"])
        self.detecting = {call: (t, age) for call, t, age in state["detecting"]}
        self.verdicts = {call: (t, person) for call, t, person in state["verdicts"]}
        self.detection.load(state["detection"])
        self.legal.load(state["legal"])
        self.hazard, self.still, self.cumulative = (list(table) for table in state["tables"])
        self._rows = {}


def _gamma_hazard(age: float) -> float:
    """Density of 2 s + a gamma law of shape 3 and mean 12 s, as a hazard for rare answers."""
    t = age - 2.0
    if t <= 0:
        return 0.002
    return 0.5 * (t * t) / 64.0 * math.exp(-t / 4.0)
