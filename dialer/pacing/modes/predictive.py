"""Predictive dialing: launch while the risk of one more call stays within the shift's budget.

The equations and their sources are in docs/pacing.md.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from dialer.pacing.modes.lookahead.answers import AnswerModel
from dialer.pacing.modes.lookahead.law import (
    add_trial,
    bernoulli_sum,
    exact_shortfall,
    normal_shortfall,
)
from dialer.pacing.modes.lookahead.service import ServiceModel
from dialer.pacing.modes.lookahead.steering import Steering
from dialer.pacing.snapshot import PacerContext, PacerEvent, Snapshot

HORIZONS = (2, 4, 6, 8, 10, 12, 15, 18, 22, 26)
EXACT_TEAM = 14
REBUILD = 5.0
LAST_CALL = 27.0  # seconds before the shift's end after which nobody may be left to answer


class PredictivePacer:
    """Look-ahead pacing under a budget of abandonments for the whole shift."""

    name = "predictive"

    def __init__(self, ctx: PacerContext) -> None:
        self.ctx = ctx
        self.answers = AnswerModel(ctx)
        self.service = ServiceModel(ctx)
        self.steering = Steering(ctx)
        self.last = 0.0
        self.rebuilt = 0.0
        self._why: dict[str, Any] = {}

    # The protocol ------------------------------------------------------------------------------

    def observe(self, event: PacerEvent) -> None:
        t, kind, who, value, age = event
        if kind == "launch":
            self.answers.launch(t, who)
        elif kind == "answer":
            self.answers.answer(t, who, age)
        elif kind == "outcome":
            self.answers.outcome(t, who, value, age)
        elif kind == "abandon":
            self.answers.abandon(t, who)
        elif kind == "agent":
            self.service.moved(who, value[0], value[1], age)

    def step(self, now: float, snap: Snapshot) -> int:
        counts = self._ages(snap)
        self._learn(now, snap, counts)
        if snap.room <= 0 or not (snap.ready or snap.talk or snap.wrap):
            self._why = {"reason": "no room" if snap.room <= 0 else "no agent at work"}
            return 0
        free_now = len(snap.ready) - len(snap.waiting)
        in_flight = len(snap.ringing) + len(snap.detecting)
        safe = free_now - in_flight
        if self.steering.theta <= 0.0:
            lines = safe
        elif len(snap.ready) + len(snap.talk) + len(snap.wrap) <= EXACT_TEAM:
            lines = max(safe, self._exact(now, snap, counts, free_now))
        else:
            lines = max(safe, self._normal(now, snap, counts, free_now))
        if now > self.ctx.shift - LAST_CALL:
            lines = 0
        return max(0, min(lines, snap.room))

    def explain(self) -> dict[str, Any]:
        s = self.steering
        return {
            "mode": self.name,
            "threshold": s.theta,
            "target": s.target,
            "budget_left": s.left,
            "yield": s.yield_(),
            "answer_share": self.answers.cumulative[-1],
            "answer_level": self.answers.level.mean,
            "talk_level": self.service.talk_level.mean,
            **self._why,
        }

    def dump(self) -> dict[str, Any]:
        return {
            "answers": self.answers.dump(),
            "service": self.service.dump(),
            "steering": self.steering.dump(),
            "last": self.last,
            "rebuilt": self.rebuilt,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.answers.load(state["answers"])
        self.service.load(state["service"])
        self.steering.load(state["steering"])
        self.last, self.rebuilt = state["last"], state["rebuilt"]

    # Parts of a step ---------------------------------------------------------------------------

    def _ages(self, snap: Snapshot) -> list[int]:
        last = self.answers.bins - 1
        counts = [0] * (last + 1)
        for age in snap.ringing:
            counts[int(age) if age < last else last] += 1
        return counts

    def _learn(self, now: float, snap: Snapshot, counts: list[int]) -> None:
        seconds = now - self.last
        if seconds < 0.5:
            return
        self.last = now
        self.answers.expose(counts, seconds)
        self.service.expose(snap.talk, snap.wrap, len(snap.paused), seconds)
        self.answers.learn_level(seconds)
        self.service.learn_level(seconds)
        share = self.answers.cumulative[-1]
        self.steering.update(
            now,
            snap,
            seconds,
            answer_share=share,
            usual_share=min(1.0, share / self.answers.level.mean),
        )
        if now - self.rebuilt >= REBUILD:
            self.answers.forget(now - self.rebuilt)
            self.service.forget(now - self.rebuilt)
            self.rebuilt = now
            self.service.rebuild()
        self.answers.rebuild()

    def _weights(self) -> list[float]:
        c = self.answers.cumulative
        edges = [
            0,
            *((a + b + 1) // 2 for a, b in itertools.pairwise(HORIZONS)),
            len(c) - 1,
        ]
        total = c[-1] or 1e-9
        return [(c[b] - c[a]) / total for a, b in itertools.pairwise(edges)]

    def _normal(self, now: float, snap: Snapshot, counts: list[int], free_now: int) -> int:
        answers, service = self.answers, self.service
        size = len(HORIZONS)
        mean, var, third = [-float(free_now)] * size, [0.0] * size, [0.0] * size
        for p in answers.detected_human(now, snap.detecting):
            v = p * (1 - p)
            for j in range(size):
                mean[j] += p
                var[j] += v
        grow = [0.0] * size
        for age, n in enumerate(counts):
            if n:
                for j, p in enumerate(answers.row(age, HORIZONS)):
                    v = n * p * (1 - p)
                    grow[j] += n * p
                    var[j] += v
                    third[j] += v * (1 - 2 * p)
        spread = answers.level.variance / answers.level.mean**2
        slack = answers.slack
        reach = [u + slack for u in HORIZONS]
        rates = service.hazards(snap.talk)
        ends, squares = sum(rates), sum(h * h for h in rates)
        back = len(snap.paused) * service.return_rate
        for j, u in enumerate(reach):
            i = service.wrap_integral_at(u)
            m = ends * i - squares * i * i / 2
            v = m - squares * i * i
            m, v = m * service.to_work, v * service.to_work
            m += back * u
            v += back * u
            mean[j] += grow[j] - m
            var[j] += max(0.0, v) + spread * grow[j] * grow[j]
            third[j] -= max(0.0, v)
        for agent, wrapped in snap.wrap:
            for j, p in enumerate(service.wrap_row(agent, wrapped, reach)):
                q = p * service.to_work
                v = q * (1 - q)
                mean[j] -= q
                var[j] += v
                third[j] -= v * (1 - 2 * q)
        fresh = answers.row(0, HORIZONS)
        weights = self._weights()
        theta = self.steering.theta

        def risk(n: int) -> float:
            score = 0.0
            for j, p in enumerate(fresh):
                v = n * p * (1 - p)
                score += weights[j] * normal_shortfall(
                    mean[j] + n * p, var[j] + v, third[j] + v * (1 - 2 * p)
                )
            return score

        low, high = 0, 1
        while high <= snap.room and risk(high - 1) <= theta:
            low, high = high, 2 * high
        high = min(high, snap.room + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if risk(middle - 1) <= theta:
                low = middle
            else:
                high = middle
        self._why = {"expected_answers": grow[4], "expected_free": grow[4] - mean[4]}
        return low

    def _exact(self, now: float, snap: Snapshot, counts: list[int], free_now: int) -> int:
        answers, service = self.answers, self.service
        slack = answers.slack
        reach = [u + slack for u in HORIZONS]
        detected = answers.detected_human(now, snap.detecting)
        rates = service.hazards(snap.talk)
        wraps = [service.wrap_row(agent, age, reach) for agent, age in snap.wrap]
        rows = [(n, answers.row(age, HORIZONS)) for age, n in enumerate(counts) if n]
        top = max(1, free_now + len(rates) + len(wraps))
        laws, frees = [], []
        for j, u in enumerate(reach):
            trials = list(detected)
            for n, row in rows:
                trials.extend([row[j]] * n)
            laws.append(bernoulli_sum(trials, top))
            i = service.wrap_integral_at(u)
            chances = [(1 - math.exp(-h * i)) * service.to_work for h in rates]
            chances.extend(row[j] * service.to_work for row in wraps)
            frees.append(bernoulli_sum(chances, max(1, len(chances))))
        fresh = answers.row(0, HORIZONS)
        weights = self._weights()
        theta = self.steering.theta
        lines = 0
        while lines < snap.room:
            score = sum(
                w * exact_shortfall(law, free, free_now)
                for w, law, free in zip(weights, laws, frees, strict=True)
            )
            if score > theta:
                break
            lines += 1
            laws = [add_trial(law, p) for law, p in zip(laws, fresh, strict=True)]
        return lines
