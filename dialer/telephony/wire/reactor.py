"""What SIP and RTP need of Twisted's reactor, in types that a checker can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.protocol import DatagramProtocol


class DelayedCall(Protocol):
    """Twisted's IDelayedCall, as far as it is used here."""

    def active(self) -> int: ...

    def cancel(self) -> None: ...


class TimeReactor(Protocol):
    """Twisted's IReactorTime, as far as it is used here. `task.Clock` is one."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, call: Callable[[], Any], /) -> DelayedCall: ...


class UdpPort(Protocol):
    """Twisted's IListeningPort, as far as it is used here."""

    def getHost(self) -> Any: ...

    def stopListening(self) -> Any: ...


class UdpReactor(Protocol):
    """Twisted's IReactorUDP, as far as it is used here."""

    def listenUDP(self, port: int, protocol: DatagramProtocol, interface: str, /) -> UdpPort: ...
