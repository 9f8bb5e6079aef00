"""The budget of a shift: which risk per call spends it by the end, and not more."""

from __future__ import annotations

import math
from typing import Any

from dialer.pacing.modes.lookahead.detection import LOSS
from dialer.pacing.snapshot import PacerContext, Snapshot

MEMORY = 14_400.0  # seconds over which the yield and the service time are remembered
PRIOR_YIELD = 0.85  # abandonments per live answer and unit of threshold, before any
BELIEF = 20.0  # abandonments that the prior weighs
SERVICE_PRIOR = 120.0  # busy seconds for each live answer, before any
LAST, LAST_MORE = 1.2, 0.4  # abandonments kept back to the end; and for each root of the agents
MOST = 1.5  # the target at most, in caps
MARGIN = 0.97  # share of the expected answers that is counted on
FLOOR = 0.6  # utilisation without a budget, as a share of that with the full one


class Steering:
    """Turns cap, counters and time left into the threshold of marginal risk.

    `target` is the share of the coming live answers that may still be abandoned; the threshold is
    that share divided by the yield, the abandonments per live answer that a threshold of 1 was
    seen to cost. The answers to come depend on the target themselves, since without a budget the
    team talks less: of the targets that agree with their own answers the highest is taken.
    """

    def __init__(self, ctx: PacerContext) -> None:
        self.ctx = ctx
        self.spent = 0.0
        self.offered = 0.0
        self.live = 0.0
        self.abandoned = 0.0
        self.counted = False
        self.busy_seconds = 30 * SERVICE_PRIOR
        self.served = 30.0
        self.working = 0.8 * ctx.agents
        self.utilisation = 0.7
        self.target = 0.0
        self.theta = 0.0
        self.left = 0.0

    def update(
        self,
        now: float,
        snap: Snapshot,
        seconds: float,
        *,
        persons: tuple[float, float],
        hung_up: float,
    ) -> None:
        """Take the team's state after `seconds`.

        `persons` are the live answers and abandoned calls that were persons, `hung_up` the
        persons that detection is believed to have hung up.
        """
        ctx = self.ctx
        live, abandoned = persons
        new_live = new_lost = 0.0
        if self.counted:  # at first the counters may hold what earlier shifts have brought
            new_live = max(0.0, live - self.live)
            new_lost = max(0.0, abandoned - self.abandoned)
        self.live, self.abandoned, self.counted = live, abandoned, True
        keep = math.exp(-seconds / MEMORY)
        self.spent = self.spent * keep + new_lost
        self.offered = self.offered * keep + new_live * self.theta
        self._learn_service(snap, new_live, seconds)
        remaining = max(0.0, ctx.shift - now)
        last = LAST + LAST_MORE * math.sqrt(ctx.agents)
        loss = LOSS if ctx.amd else 0.0
        excess = max(0.0, hung_up - loss * live) if ctx.amd else 0.0
        self.target = ctx.cap
        for _ in range(6 if ctx.cap > 0 else 0):
            share = FLOOR + (1 - FLOOR) * math.sqrt(min(1.0, self.target / ctx.cap))
            busy = self.working * remaining * self.utilisation * share
            coming = MARGIN * busy * self.served / self.busy_seconds
            unseen = math.sqrt(loss * coming)
            self.left = ctx.cap * (live + coming) - abandoned - excess - unseen - last
            if coming < 1.0 or self.left <= 0.0:
                self.target = 0.0
                break
            self.target = min(MOST * ctx.cap, self.left / coming)
        self.theta = min(0.5, self.target / self.yield_())

    def _learn_service(self, snap: Snapshot, new_live: float, seconds: float) -> None:
        busy = len(snap.talk) + len(snap.wrap)
        at_work = busy + len(snap.ready)
        keep = math.exp(-seconds / MEMORY)
        self.busy_seconds = self.busy_seconds * keep + busy * seconds
        self.served = self.served * keep + new_live
        if at_work == 0:
            return
        self.working += (1 - math.exp(-seconds / 3600.0)) * (at_work - self.working)
        if self.theta > 0.0 and self.target > 0.5 * self.ctx.cap:
            fast = 1 - math.exp(-seconds / 1800.0)
            self.utilisation += fast * (busy / at_work - self.utilisation)

    def yield_(self) -> float:
        return (self.spent + BELIEF) / (self.offered + BELIEF / PRIOR_YIELD)

    _NUMBERS = (
        "spent",
        "offered",
        "live",
        "abandoned",
        "counted",
        "busy_seconds",
        "served",
        "working",
        "utilisation",
        "target",
        "theta",
        "left",
    )

    def dump(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._NUMBERS}

    def load(self, state: dict[str, Any]) -> None:
        for name in self._NUMBERS:
            setattr(self, name, state[name])
