"""All trunks of an engine: which one takes the next call, and which are down."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.layer import Layer
from dialer.telephony.drivers.sip.registration import Registration
from dialer.telephony.drivers.sip.trunk import Trunk, TrunkState
from dialer.telephony.drivers.sip.watch import TrunkWatch
from dialer.telephony.port import EngineRefused
from dialer.telephony.wire.reactor import TimeReactor

_LONGEST_WAIT = 1.0
"""Seconds that a call waits for its turn under a trunk's calls per second."""


class Trunks:
    """The trunks by priority; those of one priority by how much room each has."""

    def __init__(self, configured: Sequence[Trunk], seconds: Callable[[], float]) -> None:
        self._configured = configured
        self._seconds = seconds
        self._states: list[TrunkState] = []
        self._watches: list[TrunkWatch | Registration] = []

    async def open(self, reactor: TimeReactor, layer: Layer) -> None:
        """Find their addresses and begin to watch them.

        OSError for an unknown host; OSError and ValueError where TLS lacks what it needs.
        """
        loop = asyncio.get_running_loop()
        for trunk in self._configured:
            found = await loop.getaddrinfo(
                trunk.host, trunk.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
            address = Address(str(found[0][4][0]), int(found[0][4][1]), trunk.transport)
            layer.streams.expect(address, trunk.host)
            self._states.append(TrunkState(trunk, address, self._seconds))
        for state in self._states:
            self._watches.append(TrunkWatch(reactor, layer, state))
            if state.trunk.register_s > 0:
                self._watches.append(Registration(reactor, layer, state))
        for watch in self._watches:
            watch.start()

    def close(self) -> None:
        for watch in self._watches:
            watch.stop()

    def __iter__(self) -> Iterator[TrunkState]:
        return iter(self._states)

    @property
    def ready(self) -> bool:
        return any(state.fault is None for state in self._states)

    @property
    def detail(self) -> str:
        """What is wrong with which of them, or that all is well."""
        faults = [fault for state in self._states if (fault := state.fault)]
        return "; ".join(faults) or ("ready" if self._states else "no trunk is set up")

    @property
    def channels(self) -> int:
        """Calls at once on the trunks that are up."""
        return sum(state.trunk.max_channels for state in self._states if not state.fault)

    def choose(self) -> tuple[TrunkState, float]:
        """The trunk for a call, and the seconds to wait for its turn. Raises EngineRefused."""
        at_once = self.other(frozenset())
        if at_once is not None:
            return at_once, 0.0
        reasons = []
        for trunk in self._preferred():
            why = trunk.why_not()
            wait = trunk.reserve(_LONGEST_WAIT) if why is None else None
            if wait is not None:
                return trunk, wait
            reasons.append(why or f"trunk {trunk.trunk.name}: too many calls per second")
        raise EngineRefused("; ".join(reasons) or "no trunk", retryable=True)

    def other(self, without: frozenset[str]) -> TrunkState | None:
        """A trunk that can take a call at once, of those not tried yet."""
        for trunk in self._preferred():
            free = trunk.trunk.name not in without and trunk.why_not() is None
            if free and trunk.reserve(0.0) is not None:
                return trunk
        return None

    def _preferred(self) -> list[TrunkState]:
        return sorted(self._states, key=lambda state: (state.trunk.priority, state.taken))

    def bringing(self, host: str) -> TrunkState | None:
        """The trunk whose calls to us come from this address."""
        return next((trunk for trunk in self._states if trunk.brings(host)), None)
