"""What the exchange needs of Twisted's reactor, in types that a checker can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.protocol import DatagramProtocol


class Timer(Protocol):
    def active(self) -> int: ...

    def cancel(self) -> None: ...


class TimeReactor(Protocol):
    """`task.Clock` in tests, the reactor in life."""

    def callLater(self, delay: float, call: Callable[[], Any], /) -> Timer: ...


class UdpPort(Protocol):
    def getHost(self) -> Any: ...  # noqa: N802

    def stopListening(self) -> Any: ...


class UdpReactor(Protocol):
    def listenUDP(self, port: int, protocol: DatagramProtocol, interface: str, /) -> UdpPort: ...
