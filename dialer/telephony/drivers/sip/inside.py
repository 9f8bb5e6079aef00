"""What the far side asks inside an answered call: hold, resume, refresh, keys in INFO, BYE."""

from __future__ import annotations

import re
from typing import Protocol

from dialer.telephony.causes import read_reason
from dialer.telephony.drivers.sip.description import Description
from dialer.telephony.drivers.sip.layer import ALLOWED
from dialer.telephony.drivers.sip.session_timer import SHORTEST, Terms, asked_terms, granted
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.wire import sdp
from dialer.telephony.wire.message import Headers, Request, reply

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
    """Answers requests of one dialog."""

    def __init__(self, user: InsideUser, contact: str, description: Description) -> None:
        self.contact = contact
        self._user = user
        self._description = description
        self._offered: Server | None = None  # a re-INVITE whose ACK is awaited

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
        media = self._description.read(body)
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
            offer = self._description.read(request.body)
            if offer is None and request.body:
                server.respond(reply(request, 488, source=server.source))
                return
            self._description.revised()
            headers, body = (*headers, *SDP), self._description.answer(offer).encode()
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
