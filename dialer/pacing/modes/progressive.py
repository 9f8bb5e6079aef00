"""Progressive dialing: one call for each free agent, so that no answer finds all of them busy."""

from __future__ import annotations

from dialer.pacing.modes.counting import CountingPacer, in_flight
from dialer.pacing.snapshot import Snapshot


class ProgressivePacer(CountingPacer):
    """One line in flight for each ready agent."""

    name = "progressive"

    def wanted(self, snap: Snapshot) -> int:
        return len(snap.ready) - in_flight(snap)
