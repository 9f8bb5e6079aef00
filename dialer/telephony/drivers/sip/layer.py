"""SIP in and out, by UDP, TCP and TLS: each message to its transaction, junk to the counters."""

from __future__ import annotations

import logging
import re
import secrets
import socket
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from twisted.internet import udp
from twisted.internet.protocol import DatagramProtocol

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.reactor import Reactor
from dialer.telephony.drivers.sip.streams import Security, Streams
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import (
    Client,
    ClientUser,
    Gone,
    InviteClient,
    NonInviteClient,
    Server,
)
from dialer.telephony.wire.headers import Malformed, param
from dialer.telephony.wire.message import Message, Request, Response, parse, reply

C = TypeVar("C", bound=Client)

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY"
MOST_SERVERS = 5_000
"""So many requests may be held for their repeats; beyond them only known calls are answered."""

_BRANCH = re.compile(rb"branch\s*=\s*(z9hG4bK[A-Za-z0-9]+)")
_RECVERR = 11  # IP_RECVERR of Linux, which the socket module does not name before 3.14
_MSG_ERRQUEUE = getattr(socket, "MSG_ERRQUEUE", None)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SipCounters:
    """What the socket has seen."""

    received: int = 0
    sent: int = 0
    junk: int = 0  # not SIP that can be acted upon
    strays: int = 0  # answers to nothing that was asked
    floods: int = 0  # requests of strangers, dropped while too many were being answered
    faults: int = 0  # our own errors while handling a message


class Core(Protocol):
    """Who handles requests from the far side."""

    def request(self, request: Request, server: Server) -> None:
        """A new request; it must be answered through `server`."""
        ...

    def acknowledged(self, ack: Request) -> None: ...

    def knows(self, call_id: str) -> bool:
        """Whether this Call-ID is that of a leg."""
        ...

    def fault(self, call_id: str) -> None:
        """Our own handling of a message of this call failed."""
        ...


class Layer(DatagramProtocol):
    """Transactions over one UDP socket and any number of connections."""

    noisy = False
    transport: Any

    def __init__(
        self, reactor: Reactor, timers: Timers, core: Core, security: Security | None = None
    ) -> None:
        self.counters = SipCounters()
        self.advertised = ("127.0.0.1", 0)
        self.advertised_tls: int | None = None  # the port where we take encrypted connections
        self.streams = Streams(reactor, self.receive, self._junk, self._refused, security)
        self._reactor = reactor
        self._timers = timers
        self._core = core
        self._clients: dict[tuple[str, str], Client] = {}
        self._sent_to: dict[Client, Address] = {}
        self._servers: dict[tuple[str, str], Server] = {}

    # Sending

    def via(self, transport: str = "UDP") -> str:
        """A Via of ours with a fresh branch."""
        host, port = self._place(transport)
        return f"SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{secrets.token_hex(12)};rport"

    def contact(self, transport: str = "UDP") -> str:
        """The value of Contact in our requests and answers."""
        host, port = self._place(transport)
        how = "" if transport == "UDP" else f";transport={transport.lower()}"
        return f"<sip:ringfence@{host}:{port}{how}>"

    def _place(self, transport: str) -> tuple[str, int]:
        host, port = self.advertised
        return host, (self.advertised_tls or port) if transport == "TLS" else port

    def send(self, data: bytes, address: Address) -> None:
        self.counters.sent += 1
        if address.reliable:
            self.streams.send(data, address)
            return
        try:
            self.transport.getHandle().sendto(data, address[:2])
        except OSError as error:
            log.debug("datagram to %s not sent: %s", address, error)  # a repeat will follow

    def invite(self, request: Request, address: Address, user: ClientUser) -> InviteClient:
        """Send an INVITE."""
        return self._start(InviteClient, request, address, user)

    def ask(self, request: Request, address: Address, user: ClientUser) -> NonInviteClient:
        """Send any other request but ACK."""
        return self._start(NonInviteClient, request, address, user)

    def _start(self, kind: type[C], request: Request, address: Address, user: ClientUser) -> C:
        key = (request.via.branch, request.method)
        client = kind(
            self._reactor,
            self._timers,
            request,
            send=lambda data: self.send(data, address),
            user=user,
            ended=lambda: self._forget(key, client),
            reliable=address.reliable,
        )
        self._clients[key] = client
        self._sent_to[client] = address
        client.start()
        return client

    def _forget(self, key: tuple[str, str], client: Client) -> None:
        self._clients.pop(key, None)
        self._sent_to.pop(client, None)

    # Receiving

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        if datagram.strip(b"\r\n\0"):  # anything else is a keep-alive
            self.receive(datagram, Address(*addr))

    def receive(self, data: bytes, source: Address) -> None:
        """Take one message from the network."""
        self.counters.received += 1
        try:
            message = parse(data)
        except Malformed as why:
            self._junk()
            log.debug("junk from %s: %s", source, why)
            return
        handled = False
        try:
            self._handle(message, source)
            handled = True
        finally:  # the error goes on to the reactor, which logs it and lives
            if not handled:
                self.counters.faults += 1
                self._core.fault(message.call_id)

    def _handle(self, message: Message, source: Address) -> None:
        try:
            if isinstance(message, Response):
                self._response(message)
            else:
                self._request(message, source)
        except Malformed as why:
            self._junk()
            log.debug("unusable message from %s: %s", source, why)

    def _junk(self) -> None:
        self.counters.junk += 1

    def _response(self, response: Response) -> None:
        client = self._clients.get((response.via.branch, response.cseq[1]))
        if client is None:
            self.counters.strays += 1
            return
        client.receive(response)

    def _request(self, request: Request, source: Address) -> None:
        branch = f"{request.via.branch or request.call_id} {request.via.host}:{request.via.port}"
        if request.method == "ACK":
            self._ack(request, branch)
            return
        known = self._servers.get((branch, request.method))
        if known is not None:
            known.repeated()
            return
        if len(self._servers) >= MOST_SERVERS and not self._core.knows(request.call_id):
            self.counters.floods += 1
            return
        server = self._serve(request, source, branch)
        if request.method != "CANCEL":
            self._ask_core(request, server)
            return
        invite = self._servers.get((branch, "INVITE"))
        server.respond(reply(request, 481 if invite is None else 200, to_tag=tag(), source=source))
        if invite is not None:
            invite.cancel()

    def _ask_core(self, request: Request, server: Server) -> None:
        try:
            self._core.request(request, server)
        except Malformed as why:
            self._junk()
            log.debug("unusable request from %s: %s", server.source, why)
            server.respond(reply(request, 400, to_tag=tag(), source=server.source))

    def _ack(self, request: Request, branch: str) -> None:
        server = self._servers.get((branch, "INVITE"))
        if server is not None:
            server.acknowledge()
        else:
            self._core.acknowledged(request)

    def _serve(self, request: Request, source: Address, branch: str) -> Server:
        key = (branch, request.method)
        back = source
        if source.transport == "UDP" and param(request.via.params, "rport") is None:
            back = Address(source.host, request.via.port or 5060)
        server = Server(
            self._reactor,
            self._timers,
            request,
            source=source,
            send=lambda data: self.send(data, back),
            ended=lambda: self._servers.pop(key, None),
            reliable=source.reliable,
        )
        self._servers[key] = server
        return server

    def unreachable(self, quoted: bytes) -> None:
        """The network says that the datagram which began so met no listener."""
        found = _BRANCH.search(quoted)
        for (branch, _), client in tuple(self._clients.items()):
            if found and branch == found.group(1).decode() and client.unanswered:
                client.fail(Gone.REFUSED)

    def _refused(self, address: Address, why: Gone) -> None:
        """No connection could be made."""
        for client, place in tuple(self._sent_to.items()):
            if place == address and client.unanswered:
                client.fail(why)

    # The end

    @property
    def busy(self) -> int:
        """Transactions that are not over."""
        return len(self._clients) + len(self._servers)

    def asking(self) -> bool:
        """Whether a request of ours still waits for its final answer."""
        return any(client.open for client in self._clients.values())

    def close(self) -> None:
        for client in tuple(self._clients.values()):
            client.close()
        for server in tuple(self._servers.values()):
            server.close()
        self.streams.close()


def tag() -> str:
    """A fresh From or To tag."""
    return secrets.token_hex(8)


class SipPort(udp.Port):
    """A UDP port that also reads the socket's error queue: ICMP's word that nobody listens."""

    def __init__(self, port: int, layer: Layer, interface: str, reactor: object) -> None:
        udp.Port.__init__(self, port, layer, interface, 65_535, reactor)
        self._layer = layer

    def startListening(self) -> None:
        udp.Port.startListening(self)
        if _MSG_ERRQUEUE is not None:
            self.socket.setsockopt(socket.IPPROTO_IP, _RECVERR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def doRead(self) -> None:
        if _MSG_ERRQUEUE is not None:
            self._drain(_MSG_ERRQUEUE)
        udp.Port.doRead(self)

    def _drain(self, flag: int) -> None:
        for _ in range(64):
            try:
                quoted, *_rest = self.socket.recvmsg(2048, 512, flag)
            except OSError:
                return
            self._layer.unreachable(quoted)
