"""The budget of a shift: which risk per call spends it by the end, and not more."""

from __future__ import annotations

import math
from typing import Any

from dialer.pacing.snapshot import PacerContext, Snapshot

MEMORY = 14_400.0  # seconds over which the yield and the service time are remembered
BELIEF = 25.0  # abandonments that the prior yield weighs
SERVICE_PRIOR = 120.0  # busy seconds for each live answer, before any
STRESS = 2.0  # a surge that is always reckoned with, as a factor on the usual answers
LOSS = 0.005  # share of persons that detection may hang up unseen
SIGMAS = 1.5  # of the number of those losses, kept back
LAST = 1.1  # abandonments kept back to the end
MOST = 1.3  # the target at most, in caps
MARGIN = 0.96  # share of the expected answers that is counted on
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
        self.prior_yield = 0.85
        self.spent = 0.0
        self.offered = 0.0
        self.live = 0
        self.abandoned = 0
        self.busy_seconds = 30 * SERVICE_PRIOR
        self.served = 30.0
        self.working = 0.8 * ctx.agents
        self.utilisation = 0.7
        self.target = 0.0
        self.theta = 0.0
        self.left = 0.0
        self.stress = 0.9

    def update(
        self,
        now: float,
        snap: Snapshot,
        seconds: float,
        *,
        answer_share: float,
        usual_share: float,
    ) -> None:
        """Take the counters and the team's state after `seconds`; shares are a call's chance."""
        ctx = self.ctx
        self.prior_yield = 0.48 * max(0.02, answer_share) ** -0.4
        new_live = max(0, snap.live - self.live)
        new_lost = max(0, snap.abandoned - self.abandoned)
        self.live, self.abandoned = snap.live, snap.abandoned
        keep = math.exp(-seconds / MEMORY)
        self.spent = self.spent * keep + new_lost
        self.offered = self.offered * keep + new_live * self.theta
        self._learn_service(snap, new_live, seconds)
        remaining = max(0.0, ctx.shift - now)
        self.stress = min(0.9, max(STRESS * usual_share, 1.2 * answer_share))
        loss = LOSS if ctx.amd else 0.0
        self.target = ctx.cap
        for _ in range(6 if ctx.cap > 0 else 0):
            share = FLOOR + (1 - FLOOR) * math.sqrt(min(1.0, self.target / ctx.cap))
            busy = self.working * remaining * self.utilisation * share
            coming = MARGIN * busy * self.served / self.busy_seconds
            at_end = snap.live + coming
            reserve = LAST + SIGMAS * math.sqrt(loss * at_end)
            self.left = ctx.cap * at_end - snap.abandoned - reserve
            if coming < 1.0 or self.left <= 0.0:
                self.target = 0.0
                break
            self.target = min(MOST * ctx.cap, self.left / coming)
        self.theta = min(0.5, self.target / self.yield_())

    def bearable(self, snap: Snapshot) -> int:
        """Calls that may be launched now, so that a surge costs no more than what is left.

        The surge's answers are taken with one standard deviation (Poisson) on top.
        """
        free = len(snap.ready) - len(snap.waiting) - len(snap.detecting)
        bound = max(0.0, max(0.0, self.left) + free)
        answers = (math.sqrt(bound + 0.25) - 0.5) ** 2
        return int(answers / self.stress) - len(snap.ringing)

    def _learn_service(self, snap: Snapshot, new_live: int, seconds: float) -> None:
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
        return (self.spent + BELIEF) / (self.offered + BELIEF / self.prior_yield)

    _NUMBERS = (
        "spent",
        "offered",
        "live",
        "abandoned",
        "busy_seconds",
        "served",
        "working",
        "utilisation",
        "prior_yield",
        "target",
        "theta",
        "left",
        "stress",
    )

    def dump(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._NUMBERS}

    def load(self, state: dict[str, Any]) -> None:
        for name in self._NUMBERS:
            setattr(self, name, state[name])
