"""SIP over TCP and TLS: connections both ways, messages cut out of their bytes (RFC 3261, 18)."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from typing import Any
from typing import Protocol as Interface

from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface.declarations import implementer

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.reactor import TcpReactor, bound
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.wire.message import MAX_SIZE

_LENGTH = re.compile(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$")
_CONNECT_TIMEOUT = 10.0
_MOST_WAITING = 1 << 20
"""Bytes that wait for a connection to be made; what comes on top is dropped."""

log = logging.getLogger(__name__)


class Security(Interface):
    """What an encrypted connection needs, as Twisted takes it."""

    def client(self, host: str) -> Any:
        """For a connection that we make: the far side has to prove that it is `host`."""
        ...

    def server(self) -> Any:
        """For connections that we take."""
        ...


class Streams:
    """The connections of one SIP layer, by the address of the far end."""

    def __init__(
        self,
        reactor: TcpReactor,
        receive: Callable[[bytes, Address], None],
        junk: Callable[[], None],
        unreachable: Callable[[Address, Gone], None],
        security: Security | None,
    ) -> None:
        self.receive = receive
        self.junk = junk
        self._reactor = reactor
        self._unreachable = unreachable
        self._security = security
        self._known: dict[Address, Any] = {}
        self._open: dict[Address, SipStream] = {}
        self._waiting: dict[Address, bytearray] = {}
        self._closing = False

    def expect(self, address: Address, host: str) -> None:
        """Whose certificate is wanted at an address; where nothing is said, the address's own.

        OSError and ValueError where we can't tell whom to believe.
        """
        if address.transport == "TLS":
            self._known[address] = self._client(host)

    def _client(self, host: str) -> Any:
        if self._security is None:
            raise ValueError("a connection by TLS needs to know whom to believe")
        return self._security.client(host)

    def send(self, data: bytes, address: Address) -> None:
        """Send on the connection that there is, or make one."""
        stream = self._open.get(address)
        if stream is not None:
            stream.transport.write(data)
            return
        if self._closing:
            return
        waiting = self._waiting.get(address)
        if waiting is None:
            self._waiting[address] = bytearray(data)
            factory = self._outgoing(address)
            self._reactor.connectTCP(address.host, address.port, factory, _CONNECT_TIMEOUT)
        elif len(waiting) + len(data) <= _MOST_WAITING:
            waiting += data

    def _outgoing(self, address: Address) -> Any:
        factory = _Outgoing(self, address)
        if address.transport != "TLS":
            return factory
        creator = self._known.get(address) or self._client(address.host)
        return self._secured(creator, factory, ours=True)

    def listen(self, port: int, interface: str) -> Any:
        """Take connections. Raises OSError where the port is taken."""
        return self._listen(port, interface, _Incoming(self, "TCP"))

    def listen_tls(self, port: int, interface: str) -> Any:
        """Take encrypted connections. Raises OSError, and ValueError without a certificate."""
        if self._security is None:
            raise ValueError("no certificate of our own")
        factory = _Incoming(self, "TLS")
        secure = self._secured(self._security.server(), factory, ours=False)
        return self._listen(port, interface, secure)

    def _secured(self, creator: Any, factory: Any, *, ours: bool) -> Any:
        """The factory with TLS around it; `ours` where we make the connection."""
        clock: Any = self._reactor
        return TLSMemoryBIOFactory(creator, ours, factory, clock)

    def _listen(self, port: int, interface: str, factory: Any) -> Any:
        with bound(socket.SOCK_STREAM, interface, port) as made:
            made.listen(50)
            return self._reactor.adoptStreamPort(made.fileno(), socket.AF_INET, factory)

    def close(self) -> None:
        self._closing = True
        for stream in tuple(self._open.values()):
            stream.transport.loseConnection()

    @property
    def live(self) -> int:
        """Connections that are not closed."""
        return len(self._open)

    def abort(self) -> None:
        """Leave no connection, whatever the far sides still had to say."""
        for stream in tuple(self._open.values()):
            stream.transport.abortConnection()

    def made(self, stream: SipStream, address: Address) -> None:
        self._open[address] = stream
        stream.transport.write(bytes(self._waiting.pop(address, b"")))

    def lost(self, stream: SipStream, address: Address) -> None:
        if self._open.get(address) is stream:
            del self._open[address]

    def failed(self, address: Address) -> None:
        self._waiting.pop(address, None)
        self._unreachable(address, Gone.REFUSED)

    def distrusted(self, address: Address, reason: Any) -> None:
        """No secure connection came about: nothing was said on it."""
        log.warning("no secure connection with %s:%d: %s", *address[:2], reason.getErrorMessage())
        self._unreachable(address, Gone.INSECURE)


@implementer(IHandshakeListener)
class SipStream(Protocol):
    """One connection. A message that can't be cut out ends it: nothing after it can be."""

    transport: Any

    def __init__(self, streams: Streams, address: Address, *, proof: bool = False) -> None:
        self._streams = streams
        self._address = address
        self._buffer = bytearray()
        self._unproved = proof  # the far side has yet to show who it is

    def handshakeCompleted(self) -> None:
        """What was written goes out now."""
        self._unproved = False

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self._streams.made(self, self._address)

    def connectionLost(self, reason: Any = None) -> None:
        self._streams.lost(self, self._address)
        if self._unproved:
            self._streams.distrusted(self._address, reason)

    def dataReceived(self, data: bytes) -> None:
        self._buffer += data
        while (message := self._cut()) is not None:
            self._streams.receive(message, self._address)

    def _cut(self) -> bytes | None:
        """The next whole message, or None while there is none."""
        start = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        del self._buffer[:start]  # keep-alives, and line ends between messages
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_SIZE:
                self._spoilt()
            return None
        lengths = {int(told) for told in _LENGTH.findall(self._buffer, 0, end + 2)}
        whole = end + 4 + max(lengths, default=0)
        if len(lengths) != 1 or whole > MAX_SIZE:  # two lengths would be two readings
            self._spoilt()
            return None
        if len(self._buffer) < whole:
            return None
        message = bytes(self._buffer[:whole])
        del self._buffer[:whole]
        return message

    def _spoilt(self) -> None:
        self._buffer.clear()
        self._streams.junk()
        self.transport.loseConnection()


class _Incoming(ServerFactory):
    noisy = False

    def __init__(self, streams: Streams, transport: str) -> None:
        self._streams = streams
        self._transport = transport

    def buildProtocol(self, addr: Any) -> SipStream:
        return SipStream(self._streams, Address(addr.host, addr.port, self._transport))


class _Outgoing(ClientFactory):
    noisy = False

    def __init__(self, streams: Streams, address: Address) -> None:
        self._streams = streams
        self._address = address

    def buildProtocol(self, addr: Any) -> SipStream:
        return SipStream(self._streams, self._address, proof=self._address.transport == "TLS")

    def clientConnectionFailed(self, connector: Any, reason: Any) -> None:
        self._streams.failed(self._address)
