"""Manual dialing: the agent starts every call, the pacer none."""

from __future__ import annotations

from dialer.pacing.modes.counting import CountingPacer
from dialer.pacing.snapshot import Snapshot


class ManualPacer(CountingPacer):
    """Never dials."""

    name = "manual"

    def wanted(self, snap: Snapshot) -> int:
        return 0
