"""Agentless dialing: a recorded message serves every answer, so only lines bound the pace."""

from __future__ import annotations

from dialer.pacing.modes.counting import CountingPacer, in_flight
from dialer.pacing.snapshot import Snapshot


class AgentlessPacer(CountingPacer):
    """Keeps the campaign's lines in use; needs no agent."""

    name = "agentless"

    def wanted(self, snap: Snapshot) -> int:
        return self.ctx.lines - in_flight(snap)
