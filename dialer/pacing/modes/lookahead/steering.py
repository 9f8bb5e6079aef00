"""The budget of a shift: which risk per call spends it by the end, and not more."""

from __future__ import annotations

import math
from typing import Any

from dialer.pacing.snapshot import PacerContext

MEMORY = 7200.0  # seconds over which the yield of the threshold is remembered
BELIEF = 10.0  # abandonments that the prior yield weighs


class Steering:
    """Turns cap, counters and time left into the threshold of marginal risk.

    `target` is the share of the coming live answers that may still be abandoned; the threshold is
    that share divided by the yield, the abandonments per live answer that a threshold of 1 was
    seen to cost.
    """

    def __init__(self, ctx: PacerContext) -> None:
        self.ctx = ctx
        self.prior_yield = 0.6
        self.spent = 0.0
        self.offered = 0.0
        self.live = 0
        self.abandoned = 0
        self.rate = 0.0  # live answers a second
        self.target = 0.0
        self.theta = 0.0
        self.left = 0.0

    def update(self, now: float, live: int, abandoned: int, seconds: float, guess: float) -> None:
        """Take the counters; `guess` is the live answers a second that the team would serve."""
        ctx = self.ctx
        new_live, new_lost = max(0, live - self.live), max(0, abandoned - self.abandoned)
        self.live, self.abandoned = live, abandoned
        keep = math.exp(-seconds / MEMORY)
        self.spent = self.spent * keep + new_lost
        self.offered = self.offered * keep + new_live * self.theta
        keep = math.exp(-seconds / 900.0)
        seen = min(1.0, now / 900.0)
        self.rate = self.rate * keep + new_live / 900.0
        rate = self.rate + (1 - seen) * guess if seen < 1 else self.rate
        remaining = max(0.0, ctx.shift - now)
        coming = rate * remaining * 0.97
        total = live + coming
        reserve = 1.1 + 1.4 * remaining / ctx.shift
        self.left = ctx.cap * total - abandoned - reserve
        if coming < 1.0 or self.left <= 0:
            self.target = 0.0
        else:
            self.target = min(2.0 * ctx.cap, self.left / coming)
        self.theta = min(0.5, self.target / self.yield_())

    def yield_(self) -> float:
        return (self.spent + BELIEF) / (self.offered + BELIEF / self.prior_yield)

    _NUMBERS = ("spent", "offered", "live", "abandoned", "rate", "target", "theta", "left")

    def dump(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._NUMBERS}

    def load(self, state: dict[str, Any]) -> None:
        for name in self._NUMBERS:
            setattr(self, name, state[name])
