"""A Bayesian filter of a level that drifts slowly and sometimes jumps."""

from __future__ import annotations

import math
from typing import Any

STEP = 0.09  # spacing of the grid in log level
HALF = 14  # points on each side of 1.0: 0.28 to 3.5


class LevelFilter:
    """The posterior of a rate's factor on a log grid, from Poisson counts against expectation.

    Between updates the log level diffuses by `spread` a square-root second, and with `jump` a
    second it is drawn anew, so that a sudden change is believed after a few events while a steady
    stream is averaged over minutes. `mean` and `variance` describe the posterior.
    """

    def __init__(self, *, spread: float, jump: float, prior_sd: float) -> None:
        self._levels = [math.exp(STEP * (i - HALF)) for i in range(2 * HALF + 1)]
        prior = [math.exp(-0.5 * (STEP * (i - HALF) / prior_sd) ** 2) for i in range(2 * HALF + 1)]
        total = sum(prior)
        self._prior = [p / total for p in prior]
        self._wide = [0.5 * p + 0.5 / len(prior) for p in self._prior]
        self._spread = spread * spread / (2 * STEP * STEP)
        self._jump = jump
        self._weights = list(self._prior)
        self.mean = 1.0
        self.variance = 0.0
        self._summarise()

    def update(self, observed: float, expected: float, seconds: float) -> None:
        """Take `observed` events where level 1 would have brought `expected`."""
        move = min(0.25, self._spread * seconds)
        jump = min(0.5, self._jump * seconds)
        w = self._weights
        stay = (1 - jump) * (1 - 2 * move)
        side = (1 - jump) * move
        padded = [w[0], *w, w[-1]]
        moved = [
            stay * here + side * (before + after) + jump * wide
            for before, here, after, wide in zip(padded, w, padded[2:], self._wide, strict=False)
        ]
        if expected > 0 or observed > 0:
            exp = math.exp
            if observed:
                moved = [
                    m * exp(observed * (STEP * (i - HALF)) - expected * (level - 1))
                    for i, (m, level) in enumerate(zip(moved, self._levels, strict=True))
                ]
            else:
                moved = [
                    m * exp(-expected * level) for m, level in zip(moved, self._levels, strict=True)
                ]
        total = sum(moved)
        # What was seen may be so far from every level that no weight is left: begin anew.
        self._weights = [m / total for m in moved] if total > 0 else list(self._wide)
        self._summarise()

    def _summarise(self) -> None:
        mean = square = 0.0
        for w, level in zip(self._weights, self._levels, strict=True):
            part = w * level
            mean += part
            square += part * level
        self.mean = mean
        self.variance = max(0.0, square - mean * mean)

    def dump(self) -> list[float]:
        return list(self._weights)

    def load(self, state: list[Any]) -> None:
        self._weights = [float(w) for w in state]
        self._summarise()
