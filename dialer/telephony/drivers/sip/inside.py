"""What the far side asks inside an answered call: hold, resume, refresh, keys in INFO, BYE."""

from __future__ import annotations

import re
import secrets
from typing import Protocol

from dialer.telephony.causes import read_reason
from dialer.telephony.drivers.sip.layer import ALLOWED
from dialer.telephony.drivers.sip.session_timer import SHORTEST, Terms, asked_terms, granted
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.wire import sdp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Headers, Request, reply
from dialer.telephony.wire.rtp import PCMA, PCMU

SDP: Headers = (("Content-Type", "application/sdp"),)


class InsideUser(Protocol):
    """The leg that the far side speaks of."""

    def flow(self, media: sdp.Media) -> None:
        """Audio goes to there from now on."""
        ...

    def pressed(self, digit: str) -> None: ...

    def left(self, q850: int | None, reason: str) -> None:
        """The far side has hung up; its BYE is answered."""
        ...

    def unacknowledged(self) -> None:
        """No ACK came for our answer to a re-INVITE."""
        ...

    def timed(self, terms: Terms | None) -> None:
        """The far side has refreshed the session, with these terms."""
        ...

    def transferring(self, status: int) -> None:
        """How far the far side has come with a transfer that we asked for."""
        ...


class Inside:
    """Answers requests of one dialog, and keeps the versions of our session description."""

    def __init__(self, user: InsideUser, contact: str, host: str, port: int) -> None:
        self.contact = contact
        self._user = user
        self._host = host
        self._port = port
        self._session = secrets.randbits(31)
        self._version = 1
        self._offered: Server | None = None  # a re-INVITE whose ACK is awaited

    def describe(self) -> sdp.Media:
        """Our offer."""
        return sdp.Media(
            host=self._host,
            port=self._port,
            codecs=(PCMU, PCMA),
            session=self._session,
            version=self._version,
        )

    def answer(self, offer: sdp.Media | None) -> sdp.Media:
        """What we say to an offer; our own offer where there was none."""
        if offer is None:
            return self.describe()
        return sdp.answer(
            offer,
            host=self._host,
            port=self._port,
            session=self._session,
            version=self._version,
        )

    def request(self, request: Request, server: Server) -> None:
        match request.method:
            case "BYE":
                server.respond(reply(request, 200, source=server.source))
                q850, text = read_reason(request.all("Reason"))
                self._user.left(q850, text or "hung up")
            case "INVITE" | "UPDATE":
                self._reoffer(request, server)
            case "INFO":
                server.respond(reply(request, 200, source=server.source))
                self._info(request)
            case "NOTIFY":
                server.respond(reply(request, 200, source=server.source))
                self._notified(request)
            case "OPTIONS":
                server.respond(reply(request, 200, source=server.source))
            case _:
                allow = (("Allow", ALLOWED),)
                server.respond(reply(request, 405, headers=allow, source=server.source))

    def acknowledged(self, ack: Request) -> None:
        """The ACK of a re-INVITE; it has its own branch, and is known by its number."""
        server = self._offered
        if server is not None and server.request.cseq[0] == ack.cseq[0]:
            server.acknowledge()
            self._offered = None
            self.answered(ack.body)

    def answered(self, body: bytes) -> None:
        """Where the offer was ours, an ACK brings the answer."""
        media = readable(body)
        if media is not None:
            self._user.flow(media)

    def _reoffer(self, request: Request, server: Server) -> None:
        """Hold, resume, a new address, a refresh (RFC 3261, 14.2; RFC 3311; RFC 4028)."""
        terms = asked_terms(request)
        if terms is not None and terms.seconds < SHORTEST:
            least = (("Min-SE", str(SHORTEST)),)
            server.respond(reply(request, 422, headers=least, source=server.source))
            return
        headers: Headers = (("Contact", self.contact), ("Allow", ALLOWED), *granted(terms))
        if request.body or request.method == "INVITE":
            offer = readable(request.body)
            if offer is None and request.body:
                server.respond(reply(request, 488, source=server.source))
                return
            self._version += 1
            headers, body = (*headers, *SDP), self.answer(offer).encode()
            if offer is not None:
                self._user.flow(offer)
        else:
            body = b""
        if request.method == "INVITE":
            self._offered = server
            server.unacknowledged = self._user.unacknowledged
        server.respond(reply(request, 200, headers=headers, body=body, source=server.source))
        self._user.timed(terms)

    def _info(self, request: Request) -> None:
        """Keys as some gateways still send them."""
        told = re.search(rb"(?im)^\s*Signal\s*=\s*([0-9A-D*#])\s*$", request.body)
        if told and (request.get("Content-Type") or "").lower().startswith("application/dtmf"):
            self._user.pressed(told.group(1).decode())

    def _notified(self, request: Request) -> None:
        """How a transfer goes (RFC 3515): the status line of the call that it made."""
        status = re.match(rb"\s*SIP/2\.0 (\d{3})\b", request.body)
        if status and (request.get("Event") or "").lower().startswith("refer"):
            self._user.transferring(int(status.group(1)))


def readable(body: bytes) -> sdp.Media | None:
    """The audio of a session description, or None where there is none that we speak."""
    try:
        return sdp.parse(body) if body else None
    except Malformed:
        return None
