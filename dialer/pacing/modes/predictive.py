"""Predictive dialing: launch while the risk of one more call stays within the shift's budget.

The equations and their sources are in docs/pacing.md.
"""

from __future__ import annotations

from typing import Any

from dialer.pacing.modes.counting import in_flight
from dialer.pacing.modes.lookahead.answers import AnswerModel
from dialer.pacing.modes.lookahead.outlook import Outlook
from dialer.pacing.modes.lookahead.service import ServiceModel
from dialer.pacing.modes.lookahead.steering import Steering
from dialer.pacing.snapshot import PacerContext, PacerEvent, Snapshot

EXACT_TEAM = 14
REBUILD = 5.0
SURGE = 2.0  # a surge that is always reckoned with, as a factor on the usual answers
SURGE_MORE = 1.2  # and at least on the present ones
DETECTION = 2.0  # seconds that a call answered at the end of its ringing still takes


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
        self._outlook: Outlook | None = None

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
        elif kind == "disposition":
            self.answers.detection.disposed(value)

    def step(self, now: float, snap: Snapshot) -> int:
        counts = self._ages(snap)
        self._learn(now, snap, counts)
        if snap.room <= 0 or not (snap.ready or snap.talk or snap.wrap):
            self._why = {"reason": "no room" if snap.room <= 0 else "no agent at work"}
            return 0
        lines = safe = len(snap.ready) - len(snap.waiting) - in_flight(snap)
        theta = self.steering.theta
        self._why = {"bearable": 0}
        if theta > 0.0:
            outlook = Outlook(now, snap, counts, self.answers, self.service)
            bearable = outlook.bearable(self.steering.left, self._surge())
            self._why = {"bearable": bearable}
            self._outlook = outlook
            if bearable > max(0, safe):
                small = len(snap.ready) + len(snap.talk) + len(snap.wrap) <= EXACT_TEAM
                found = outlook.exact_lines(theta) if small else outlook.normal_lines(theta)
                lines = max(safe, min(found, bearable))
        if now > self.ctx.shift - self.ctx.ring_timeout - DETECTION:  # the agents would be gone
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
            **(self._outlook.expected() if self._outlook else {}),
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

    def _surge(self) -> float:
        """How many times the present answers are always reckoned with."""
        return max(SURGE / self.answers.level.mean, SURGE_MORE)

    def _learn(self, now: float, snap: Snapshot, counts: list[int]) -> None:
        seconds = now - self.last
        if seconds < 0.5:
            return
        self.last = now
        self.answers.expose(counts, seconds)
        self.service.expose(snap.talk, snap.wrap, len(snap.paused), seconds)
        self.answers.learn_level(seconds)
        self.service.learn_level(seconds)
        self.steering.update(
            now,
            snap,
            seconds,
            persons=self.answers.legal.persons(snap.live, snap.abandoned),
            hung_up=self.answers.detection.persons_lost,
        )
        if now - self.rebuilt >= REBUILD:
            self.answers.forget(now - self.rebuilt)
            self.service.forget(now - self.rebuilt)
            self.rebuilt = now
            self.service.rebuild()
        self.answers.rebuild()
