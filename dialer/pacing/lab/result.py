"""What a simulated shift came to: utilisation, abandonment, its worst half hour, the shocks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dialer.pacing.lab.scenario import Scenario

BIN = 60.0
"""Seconds of one point of the series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One shift. Rates are shares of live answers by persons; series have one point a minute.

    `utilisation` is talk and wrap-up over logged-in, not paused time. `abandon` counts persons
    with no agent within the grace; `abandon_amd` adds persons hung up by detection. `worst30` is
    the worst half hour's abandonment. `after_shock` is the utilisation in the ten minutes after
    the shocks (None without shocks). `step_ms` is the mean time of a step, if measured.
    """

    scenario: str
    utilisation: float
    abandon: float
    abandon_amd: float
    worst30: float
    launched: int
    persons: int
    abandoned: int
    idle_seconds: float
    after_shock: float | None
    shock_abandon: float | None
    step_ms: float | None
    step_ms_p99: float | None
    utilisation_series: list[float]
    abandoned_series: list[int]
    persons_series: list[int]
    idle_series: list[float]
    explained: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Tally:
    """Counts while the shift runs."""

    shift: float
    launched: int = 0
    lost: int = 0
    step_times: list[float] = field(default_factory=list)
    busy: list[float] = field(init=False)
    idle: list[float] = field(init=False)
    persons: list[int] = field(init=False)
    abandons: list[int] = field(init=False)

    def __post_init__(self) -> None:
        bins = int(self.shift / BIN) + 1
        self.busy = [0.0] * bins
        self.idle = [0.0] * bins
        self.persons = [0] * bins
        self.abandons = [0] * bins

    def state(self, state: str, since: float, until: float) -> None:
        """Book an agent's time in a state that has ended."""
        if state in ("talk", "wrap"):
            series = self.busy
        elif state == "ready":
            series = self.idle
        else:
            return
        t = since
        while t < until:
            b = int(t / BIN)
            stop = min(until, (b + 1) * BIN)
            series[b] += stop - t
            t = stop

    def _bin(self, t: float) -> int:
        return min(int(t / BIN), len(self.persons) - 1)

    def person(self, t: float) -> None:
        self.persons[self._bin(t)] += 1

    def abandon(self, t: float) -> None:
        self.abandons[self._bin(t)] += 1

    def hung_up(self, t: float) -> None:
        self.lost += 1

    def result(self, scenario: Scenario, explained: dict[str, Any]) -> Result:
        busy, idle, live, left = sum(self.busy), sum(self.idle), sum(self.persons), self.abandons
        abandoned = sum(left)
        times = sorted(self.step_times)
        return Result(
            scenario=scenario.name,
            utilisation=busy / max(1e-9, busy + idle),
            abandon=abandoned / max(1, live),
            abandon_amd=(abandoned + self.lost) / max(1, live),
            worst30=self._worst(30),
            launched=self.launched,
            persons=live,
            abandoned=abandoned,
            idle_seconds=idle,
            after_shock=self._shock_use(scenario, 600),
            shock_abandon=self._shock_abandon(scenario),
            step_ms=1000 * sum(times) / len(times) if times else None,
            step_ms_p99=1000 * times[int(0.99 * len(times))] if times else None,
            utilisation_series=[
                b / (b + i) if b + i else 0.0 for b, i in zip(self.busy, self.idle, strict=True)
            ],
            abandoned_series=list(left),
            persons_series=list(self.persons),
            idle_series=list(self.idle),
            explained=explained,
        )

    def _worst(self, minutes: int) -> float:
        worst = 0.0
        for start in range(0, max(1, len(self.persons) - minutes), 5):
            live = sum(self.persons[start : start + minutes])
            if live:
                worst = max(worst, sum(self.abandons[start : start + minutes]) / live)
        return worst

    def _windows(self, scenario: Scenario, first: float, last: float) -> list[int]:
        bins: set[int] = set()
        for shock in scenario.shocks:
            start = shock.at * scenario.shift
            bins.update(range(int((start + first) / BIN), int((start + last) / BIN)))
        return sorted(b for b in bins if b < len(self.persons) - 1)

    def _shock_use(self, scenario: Scenario, seconds: float) -> float | None:
        bins: set[int] = set()
        for shock in scenario.shocks:
            end = shock.at * scenario.shift + shock.seconds
            bins.update(range(int(end / BIN), int((end + seconds) / BIN)))
        inside = [b for b in sorted(bins) if b < len(self.persons) - 1]
        busy, idle = sum(self.busy[b] for b in inside), sum(self.idle[b] for b in inside)
        return busy / (busy + idle) if busy + idle else None

    def _shock_abandon(self, scenario: Scenario) -> float | None:
        bins = self._windows(scenario, 0, 180)
        live = sum(self.persons[b] for b in bins)
        return sum(self.abandons[b] for b in bins) / live if live else None
