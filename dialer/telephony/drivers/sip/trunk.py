"""A SIP trunk: how calls leave, how many at a time and how fast, and whether it lives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dialer.telephony.drivers.sip.hop import Address, Hop

SILENT_CALLS = 2
"""So many calls in a row without any answer, though none waited for timer B, put a trunk down."""

RETRY_AFTER = 30.0
"""Seconds after which a trunk that is down, and answers no OPTIONS, is tried with one call."""


class Srtp(StrEnum):
    """Whether audio is encrypted. The keys travel in SIP messages, so TLS has to hide them."""

    OFF = "off"
    OPTIONAL = "optional"  # where the far side can
    REQUIRED = "required"  # or there is no call


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Where calls go. `host` is a name or IPv4 address; limits are of this trunk alone.

    The lowest `priority` is tried first; trunks of one priority share the calls.
    """

    name: str
    host: str
    port: int = 5060
    priority: int = 1
    transport: str = "UDP"  # or TCP or TLS
    username: str = ""
    password: str = ""
    from_domain: str = ""  # default: host
    caller_ids: tuple[str, ...] = ()  # the numbers that it lets us call from; none = any
    assert_identity: bool = False  # send P-Asserted-Identity
    hide_caller: bool = False  # From is anonymous; who calls is in P-Asserted-Identity alone
    max_channels: int = 50
    max_calls_per_second: float = 10.0
    keepalive_s: float = 30.0  # OPTIONS; 0 sends none
    srtp: Srtp = Srtp.OFF  # by TLS alone
    session_s: int = 0  # ask for a session timer of so long (RFC 4028); 0 does not
    symmetric_rtp: bool = False  # answer media to wherever it comes from
    register_s: float = 0.0  # register with it for so long at a time; 0 does not
    also_from: tuple[str, ...] = ()  # more IPv4 addresses that its calls to us come from

    def caller_for(self, number: str, stated: str) -> str:
        """The number that `number` is called from: the stated one where the trunk lets us.

        Else one of the trunk's, always the same one for one consumer.
        """
        if not self.caller_ids or stated in self.caller_ids:
            return stated
        return min(self.caller_ids, key=lambda one: _mixed(number, one))


def _mixed(number: str, caller_id: str) -> bytes:
    return hashlib.sha256(f"{number} {caller_id}".encode()).digest()


class TokenBucket:
    """A rate limit that smooths: `reserve` takes a token and says how long to wait for it."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate)
        self._tokens = self._burst
        self._then = now

    def reserve(self, now: float, *, longest: float) -> float | None:
        """Seconds to wait for the token now taken; None, with none taken, if over `longest`."""
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        wait = max(0.0, (1.0 - self._tokens) / self._rate)
        if wait > longest:
            return None
        self._tokens -= 1.0
        return wait


class TrunkState:
    """The life of a trunk: calls on it, its rate, and whether it answers."""

    def __init__(self, trunk: Trunk, address: Address, seconds: Callable[[], float]) -> None:
        self.trunk = trunk
        self.hop = Hop(address=address, username=trunk.username, password=trunk.password)
        self.live = 0
        self.answers_options = False
        self.unregistered: str | None = None  # why our registration does not hold
        self._bucket = TokenBucket(trunk.max_calls_per_second, seconds())
        self._seconds = seconds
        self._silent_calls = 0
        self._down: tuple[str, float] | None = None  # why, and until when
        self._paused: tuple[str, float] | None = None

    @property
    def fault(self) -> str | None:
        """Why the trunk is down or resting, or None."""
        if self.unregistered is not None:
            return f"trunk {self.trunk.name}: {self.unregistered}"
        for state in (self._down, self._paused):
            if state is not None and self._seconds() < state[1]:
                return f"trunk {self.trunk.name}: {state[0]}"
        return None

    @property
    def taken(self) -> float:
        """The part of its channels that is taken."""
        return self.live / max(1, self.trunk.max_channels)

    def brings(self, host: str) -> bool:
        """Whether calls from this address are this trunk's."""
        return host == self.hop.address.host or host in self.trunk.also_from

    def why_not(self) -> str | None:
        """Why no call can leave by this trunk now, or None."""
        if self.live >= self.trunk.max_channels:
            return f"trunk {self.trunk.name}: no free channel"
        return self.fault

    def reserve(self, longest: float) -> float | None:
        """Seconds to wait for this call's turn; None if over `longest`."""
        return self._bucket.reserve(self._seconds(), longest=longest)

    def heard(self) -> None:
        """Anything at all came back."""
        self._silent_calls = 0
        self._down = None

    def silent(self) -> None:
        """A call was given up before timer B, and nothing had come back."""
        self._silent_calls += 1
        if self._silent_calls >= SILENT_CALLS:
            self.lost("it does not answer")

    def lost(self, why: str) -> None:
        """Down until something is heard, or until it is time for a try."""
        self._down = (why, self._seconds() + RETRY_AFTER)

    def pause(self, why: str, seconds: float) -> None:
        """No calls for so long, whatever is heard: it asked for rest, or refuses us."""
        self._paused = (why, self._seconds() + seconds)
