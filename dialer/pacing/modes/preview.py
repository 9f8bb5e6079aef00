"""Preview dialing: the agent sees the case first and starts the call; a timer may start it."""

from __future__ import annotations

from dialer.pacing.modes.counting import CountingPacer, in_flight
from dialer.pacing.snapshot import PacerContext, Snapshot


class PreviewPacer(CountingPacer):
    """Without a timer never dials; with one, dials for each agent who has previewed that long.

    `timer` is in seconds of the agent's time in `ready`; None leaves the start to the agent.
    """

    name = "preview"

    def __init__(self, ctx: PacerContext, *, timer: float | None = None) -> None:
        super().__init__(ctx)
        self.timer = timer

    def wanted(self, snap: Snapshot) -> int:
        if self.timer is None:
            return 0
        due = sum(1 for _, age in snap.ready if age >= self.timer)
        return due - in_flight(snap)
