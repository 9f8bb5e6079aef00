"""What detection's verdicts are worth: was it a person, given when the call was picked up and how
long detection took?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BINS = 24  # quarter seconds of detection
LOSS = 0.005  # share of persons that detection takes for machines, believed beforehand
PASSED, PASSED_OF = 2.0, 40.0  # machines that reached an agent, of machines: the prior


class DetectionModel:
    """Persons among the calls in detection, among live verdicts, and among calls hung up.

    The odds of a person are the odds at the age of pick-up (of the two hazards) times those of
    the time that detection took. Both laws of that time are learned with each verdict weighted by
    its own posterior, so that mistakes do not blur them.
    """

    def __init__(self) -> None:
        self.human_delay = [0.01] * BINS
        self.machine_delay = [0.01] * BINS
        for b in range(4, 10):
            self.human_delay[b] = 1.0
        for b in range(8, 16):
            self.machine_delay[b] = 1.0
        self.machine_verdicts = 0.0
        self.machines_passed = 0.0
        self.persons_lost = 0.0

    @property
    def passed(self) -> float:
        """Share of machines that reach an agent."""
        passed = self.machines_passed + PASSED
        return passed / (self.machine_verdicts + passed + PASSED_OF)

    def disposed(self, kind: str) -> None:
        """An agent says what answered."""
        if kind == "machine":
            self.machines_passed += 1.0

    def running(self, delay: float, person: float, machine: float) -> float:
        """P(person) for a call in detection since `delay`, from the hazards of pick-up."""
        d = _bin(delay)
        person *= sum(self.human_delay[d:]) / sum(self.human_delay)
        machine *= sum(self.machine_delay[d:]) / sum(self.machine_delay)
        return person / (person + machine) if person + machine > 0 else 0.5

    def verdict(self, live: bool, delay: float, person: float, machine: float) -> float:
        """P(person) after a verdict; learns from it."""
        d = _bin(delay)
        passed = self.passed
        person *= (1 - LOSS if live else LOSS) * self.human_delay[d] / sum(self.human_delay)
        machine *= passed if live else 1 - passed
        machine *= self.machine_delay[d] / sum(self.machine_delay)
        chance = person / (person + machine) if person + machine > 0 else float(live)
        self.human_delay[d] += chance
        self.machine_delay[d] += 1 - chance
        if not live:
            self.machine_verdicts += 1 - chance
            self.persons_lost += chance
        return chance

    def forget(self) -> None:
        """Halve tables that are full, so that they follow a change."""
        for delays in (self.human_delay, self.machine_delay):
            if sum(delays) > 2000:
                delays[:] = [0.005 + 0.5 * value for value in delays]

    _TABLES = ("human_delay", "machine_delay")
    _NUMBERS = ("machine_verdicts", "machines_passed", "persons_lost")

    def dump(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self._TABLES} | {
            name: getattr(self, name) for name in self._NUMBERS
        }

    def load(self, state: dict[str, Any]) -> None:
        for name in self._TABLES:
            setattr(self, name, [float(v) for v in state[name]])
        for name in self._NUMBERS:
            setattr(self, name, float(state[name]))


class LegalCount:
    """The counters of live answers and abandoned calls, less the machines among them.

    A counter that leaves machines out already grows by less than the events tell: so much is not
    taken off twice.
    """

    def __init__(self) -> None:
        self.base: tuple[int, int] | None = None
        self.live_events = self.lost_events = 0
        self.live_machines = self.lost_machines = 0.0

    def live(self, person: float) -> None:
        self.live_events += 1
        self.live_machines += 1 - person

    def abandoned(self, person: float) -> None:
        self.lost_events += 1
        self.lost_machines += 1 - person

    def persons(self, live: int, abandoned: int) -> tuple[float, float]:
        """Live answers and abandoned calls by persons, of the counters as they stand."""
        if self.base is None:
            self.base = (live - self.live_events, abandoned - self.lost_events)
        unseen = max(0, self.live_events - (live - self.base[0]))
        unlost = max(0, self.lost_events - (abandoned - self.base[1]))
        return (
            live - max(0.0, self.live_machines - unseen),
            abandoned - max(0.0, self.lost_machines - unlost),
        )

    def dump(self) -> Sequence[Any]:
        return [
            None if self.base is None else list(self.base),
            self.live_events,
            self.lost_events,
            self.live_machines,
            self.lost_machines,
        ]

    def load(self, state: Sequence[Any]) -> None:
        base, self.live_events, self.lost_events, self.live_machines, self.lost_machines = state
        self.base = None if base is None else (base[0], base[1])


def _bin(delay: float) -> int:
    return min(BINS - 1, max(0, int(4 * delay)))
