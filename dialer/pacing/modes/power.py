"""Power dialing: a fixed number of lines for each free agent."""

from __future__ import annotations

from typing import Any

from dialer.pacing.modes.counting import CountingPacer, in_flight
from dialer.pacing.snapshot import PacerContext, Snapshot


class PowerPacer(CountingPacer):
    """`ratio` lines in flight for each ready agent, rounded down in total."""

    name = "power"

    def __init__(self, ctx: PacerContext, *, ratio: float = 1.5) -> None:
        if ratio < 0:
            raise ValueError(f"ratio must not be negative: {ratio}")
        super().__init__(ctx)
        self.ratio = ratio

    def wanted(self, snap: Snapshot) -> int:
        return int(self.ratio * len(snap.ready)) - in_flight(snap)

    def explain(self) -> dict[str, Any]:
        return {**super().explain(), "ratio": self.ratio}
