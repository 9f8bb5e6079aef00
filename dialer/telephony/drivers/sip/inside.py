"""What the far side asks inside an answered call: hold, resume, refresh, keys in INFO, BYE."""

from __future__ import annotations

import re
import secrets
from typing import Protocol

from dialer.telephony.causes import read_reason
from dialer.telephony.drivers.sip.layer import ALLOWED
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.wire import sdp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Headers, Request, reply
from dialer.telephony.wire.rtp import PCMA, PCMU

SDP: Headers = (("Content-Type", "application/sdp"),)


class InsideUser(Protocol):
    """The call that the far side speaks of."""

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


class Inside:
    """Answers requests of one dialog, and keeps the versions of our session description."""

    def __init__(self, user: InsideUser, contact: str, host: str, port: int) -> None:
        self.contact = contact
        self._user = user
        self._host = host
        self._port = port
        self._session = secrets.randbits(31)
        self._version = 1

    def describe(self) -> sdp.Media:
        """Our offer."""
        return sdp.Media(
            host=self._host,
            port=self._port,
            codecs=(PCMU, PCMA),
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
            case "OPTIONS" | "NOTIFY":
                server.respond(reply(request, 200, source=server.source))
            case _:
                allow = (("Allow", ALLOWED),)
                server.respond(reply(request, 405, headers=allow, source=server.source))

    def acknowledged(self, ack: Request) -> None:
        """The ACK of a re-INVITE; where the offer was ours it brings the answer."""
        media = readable(ack.body)
        if media is not None:
            self._user.flow(media)

    def _reoffer(self, request: Request, server: Server) -> None:
        """Hold, resume, a new address, a refresh (RFC 3261, 14.2; RFC 3311)."""
        if request.method == "INVITE":
            server.unacknowledged = self._user.unacknowledged
        headers: Headers = (("Contact", self.contact), ("Allow", ALLOWED))
        if not request.body and request.method == "UPDATE":
            server.respond(reply(request, 200, headers=headers, source=server.source))
            return
        self._version += 1
        described = self.describe()
        if request.body:
            offer = readable(request.body)
            if offer is None:
                server.respond(reply(request, 488, source=server.source))
                return
            described = sdp.answer(
                offer,
                host=self._host,
                port=self._port,
                session=self._session,
                version=self._version,
            )
            self._user.flow(offer)
        headers, body = (*headers, *SDP), described.encode()
        server.respond(reply(request, 200, headers=headers, body=body, source=server.source))

    def _info(self, request: Request) -> None:
        """Keys as some gateways still send them."""
        told = re.search(rb"(?im)^\s*Signal\s*=\s*([0-9A-D*#])\s*$", request.body)
        if told and (request.get("Content-Type") or "").lower().startswith("application/dtmf"):
            self._user.pressed(told.group(1).decode())


def readable(body: bytes) -> sdp.Media | None:
    """The audio of a session description, or None where there is none that we speak."""
    try:
        return sdp.parse(body) if body else None
    except Malformed:
        return None
