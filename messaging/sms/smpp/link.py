"""A session that is kept up: connect, bind, and again after each loss, with jitter."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory

from messaging.sms.smpp.errors import SmppError
from messaging.sms.smpp.protocol import SmppSession
from messaging.sms.smpp.wire import Reactor
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

_LEAVE_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds between attempts to connect: doubled from `first` up to `most`, less up to half."""

    first: float = 0.5
    most: float = 30.0

    def delay(self, failures: int, rng: random.Random) -> float:
        whole = min(self.most, self.first * 2.0 ** min(failures, 30))
        return whole * rng.uniform(0.5, 1.0)


class Link:
    """Owns one connection at a time. `run` ends after `leave` only; `detail` says how it stands."""

    def __init__(
        self,
        *,
        reactor: Reactor,
        clock: Clock,
        rng: random.Random,
        host: str,
        port: int,
        tls: IOpenSSLClientConnectionCreator | None,
        connect_timeout: float,
        backoff: Backoff,
        new_session: Callable[[], SmppSession],
    ) -> None:
        self.detail = "not connected yet"
        self._reactor = reactor
        self._clock = clock
        self._rng = rng
        self._host = host
        self._port = port
        self._tls = tls
        self._connect_timeout = connect_timeout
        self._backoff = backoff
        self._new_session = new_session
        self._session: SmppSession | None = None
        self._is_leaving = False

    @property
    def session(self) -> SmppSession | None:
        """The bound session, or None."""
        return self._session if self._session is not None and self._session.is_bound else None

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._connect()
                failures = 0
                self.detail = "connection lost"
            except (OSError, ConnectError, SmppError) as error:
                self.detail = str(error) or type(error).__name__
                failures += 1
            if self._is_leaving:
                self.detail = "left"
                return
            log.warning("smpp.down", detail=self.detail)
            await self._clock.sleep(self._backoff.delay(failures, self._rng))

    async def leave(self) -> None:
        """Unbind and close, in two seconds at most."""
        self._is_leaving = True
        session, loop = self._session, asyncio.get_running_loop()
        if session is None:
            return
        closed = session.closed.asFuture(loop)
        session.unbind()
        await asyncio.wait({closed}, timeout=_LEAVE_TIMEOUT)
        if not closed.done():
            session.abort()
            await closed

    def _factory(self, session: SmppSession) -> Any:
        """Builds the one session of a connection, with TLS around it where that is wanted."""
        factory: Any = Factory()
        factory.protocol = lambda: session
        factory.noisy = False
        if self._tls is None:
            return factory
        clock: Any = self._reactor
        return TLSMemoryBIOFactory(self._tls, True, factory, clock)

    async def _connect(self) -> None:
        """One life of a session. Returns when a bound session ended."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        kind = TCP6ClientEndpoint if family == socket.AF_INET6 else TCP4ClientEndpoint
        endpoint = kind(self._reactor, str(address[0]), self._port, timeout=self._connect_timeout)
        session = self._new_session()
        ended = loop.create_future()
        session.closed.addCallback(lambda _: None if ended.done() else ended.set_result(None))
        await endpoint.connect(self._factory(session)).asFuture(loop)
        self._session = session
        try:
            await session.bound.asFuture(loop)
            self.detail = "bound"
            log.info("smpp.bound", host=self._host, port=self._port)
            await ended
        finally:
            self._session = None
