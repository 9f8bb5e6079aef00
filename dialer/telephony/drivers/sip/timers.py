"""The timers of SIP transactions (RFC 3261, 17 and table 4), in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """T1 is the round trip that is reckoned with, T2 the longest gap between repeats of a request,
    T4 the longest life of a message in the network."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    @property
    def give_up(self) -> float:
        """64 T1: timers B, F, H, J, L and M."""
        return 64 * self.t1

    @property
    def linger(self) -> float:
        """Timer D: how long a repeated final answer to an INVITE over UDP is acknowledged."""
        return max(32.0, self.give_up)
