"""What the modes that only count share: no learning, no state but the last decision's reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from dialer.pacing.snapshot import PacerContext, PacerEvent, Snapshot


class CountingPacer(ABC):
    """A mode whose number follows from the snapshot alone."""

    name = "counting"

    def __init__(self, ctx: PacerContext) -> None:
        self.ctx = ctx
        self._last: dict[str, Any] = {}

    @abstractmethod
    def wanted(self, snap: Snapshot) -> int:
        """Calls that the mode wants to launch, before the room is looked at."""

    def step(self, now: float, snap: Snapshot) -> int:
        wanted = self.wanted(snap)
        lines = max(0, min(wanted, snap.room))
        self._last = {"lines": lines, "wanted": max(0, wanted), "room": snap.room}
        return lines

    def observe(self, event: PacerEvent) -> None:
        return None

    def dump(self) -> dict[str, Any]:
        return {}

    def load(self, state: dict[str, Any]) -> None:
        return None

    def explain(self) -> dict[str, Any]:
        return {"mode": self.name, **self._last}


def in_flight(snap: Snapshot) -> int:
    """Calls that may still need an agent: ringing, in detection or waiting."""
    return len(snap.ringing) + len(snap.detecting) + len(snap.waiting)
