"""The reactor that the engine runs on: one alarm of it, and one for the running loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.protocol import DatagramProtocol

from dialer.telephony.wire.reactor import DelayedCall, TimeReactor, UdpPort, UdpReactor


class TcpReactor(Protocol):
    """Twisted's IReactorTCP and IReactorSocket, as far as they are used here."""

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float, /) -> Any: ...

    def adoptStreamPort(self, descriptor: int, family: int, factory: Any, /) -> Any: ...


class Reactor(TimeReactor, UdpReactor, TcpReactor, Protocol):
    """Time, UDP and TCP together."""

    def adoptDatagramPort(
        self, descriptor: int, family: int, protocol: DatagramProtocol, /
    ) -> UdpPort: ...


class Alarm:
    """At most one pending call of a reactor."""

    def __init__(self, reactor: TimeReactor) -> None:
        self._reactor = reactor
        self._call: DelayedCall | None = None

    def set(self, delay: float, then: Callable[[], None]) -> None:
        self.clear()
        self._call = self._reactor.callLater(delay, then)

    def clear(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None


async def pause(reactor: TimeReactor, seconds: float) -> None:
    """Return after `seconds` of the reactor's time."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    reactor.callLater(seconds, lambda: None if over.done() else over.set_result(None))
    await over


@contextmanager
def loop_reactor() -> Iterator[Reactor]:
    """A reactor that lives on the loop that runs now and goes with this context.

    It is not installed as `twisted.internet.reactor`: whoever owns the process may have another.
    The loop runs it; its `run` is not called.
    """
    reactor: Any = AsyncioSelectorReactor(asyncio.get_running_loop())
    try:
        yield reactor
    finally:
        for call in reactor.getDelayedCalls():
            call.cancel()
        reactor.removeAll()
        for reader in reactor.getReaders():  # the reactor's own pipe
            reactor.removeReader(reader)
            reader.connectionLost(None)


@contextmanager
def bound(kind: socket.SocketKind, host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound there, for a reactor to adopt. Raises OSError where the port is taken.

    Twisted's own listening leaves the socket open when it can't bind.
    """
    with socket.socket(socket.AF_INET, kind) as made:
        made.setblocking(False)
        if kind is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        yield made
