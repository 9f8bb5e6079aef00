"""A baseline: VICIdial's adaptive dial level, from its published equations, as a pacer.

Every 2.5 s it fills up to `level` lines for each ready or talking agent; every 15 s the level is
moved by the surplus of ready agents and cut when the day's drop rate passes the limit.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from dialer.pacing.modes.counting import CountingPacer
from dialer.pacing.snapshot import PacerContext, PacerEvent, Snapshot

LOOP = 2.5
ADAPT = 15.0
MODES = ("hard_limit", "average", "tapered")


class VicidialPacer(CountingPacer):
    """`mode` is hard_limit, average or tapered; `max_level` the administrator's ceiling."""

    name = "vicidial"

    def __init__(
        self, ctx: PacerContext, *, mode: str = "hard_limit", max_level: float = 3.0
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}: {mode!r}")
        super().__init__(ctx)
        self.mode = mode
        self.max_level = max_level
        self.level = 1.0
        self.looped = self.adapted = -1e9
        self.surplus: deque[float] = deque(maxlen=15)
        self.logged: deque[int] = deque(maxlen=15)
        self.sampled = -1e9
        self.minute: deque[tuple[float, str]] = deque()

    def observe(self, event: PacerEvent) -> None:
        if event[1] in ("launch", "abandon"):
            self.minute.append((event[0], event[1]))

    def step(self, now: float, snap: Snapshot) -> int:
        if now - self.sampled >= 1.0:
            self.sampled = now
            self.surplus.append(len(snap.ready) - len(snap.waiting))
            self.logged.append(snap.logged_in)
        while self.minute and self.minute[0][0] < now - 60:
            self.minute.popleft()
        if now - self.adapted >= ADAPT:
            self.adapted = now
            self._adapt(now, snap)
        if now - self.looped < LOOP:
            return 0
        self.looped = now
        return super().step(now, snap)

    def wanted(self, snap: Snapshot) -> int:
        active = len(snap.ready) + len(snap.talk)
        in_use = len(snap.ringing) + len(snap.detecting) + len(snap.waiting) + len(snap.talk)
        return round(self.level * active) - in_use

    def _adapt(self, now: float, snap: Snapshot) -> None:
        team = sum(self.logged) / max(1, len(self.logged))
        share = sum(self.surplus) / max(1, len(self.surplus)) / team if team else 0.0
        level = min(self.max_level, max(1.0, self.level * (1 + share)))
        calls = sum(1 for _, kind in self.minute if kind == "launch")
        drops = len(self.minute) - calls
        if calls > 20 and drops > 0.5 * calls:
            level /= 2
        if snap.live > 50 and snap.abandoned > self.ctx.cap * snap.live:
            if self.mode == "hard_limit":
                level = 1.0
            elif self.mode == "average":
                level /= 2
            else:
                level *= min(1.0, max(0.0, (self.ctx.shift - now) / 36_000))
        self.level = max(1.0, level)

    def explain(self) -> dict[str, Any]:
        return {**super().explain(), "level": self.level}
