"""A call that comes in by a trunk: it rings until it is answered or the caller gives up."""

from __future__ import annotations

import re

from dialer.telephony.drivers.sip.conversation import Conversation
from dialer.telephony.drivers.sip.dialog import dialog_of_request
from dialer.telephony.drivers.sip.inside import SDP
from dialer.telephony.drivers.sip.layer import ALLOWED
from dialer.telephony.drivers.sip.leg import Leg, Services
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.session_timer import asked_terms, granted
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.port import CallOutcome, Incoming
from dialer.telephony.wire.headers import Malformed, parse_address, parse_uri
from dialer.telephony.wire.message import Headers, Request, Response, reply

RING_LIMIT = 60.0
"""Seconds after which a call that nobody here answers is refused."""


class IncomingCall(Leg):
    """A consumer's call to us. Raises NoPort where no RTP port is free."""

    def __init__(
        self, services: Services, call_id: str, invite: Request, server: Server, trunk: TrunkState
    ) -> None:
        super().__init__(services, call_id, symmetric=trunk.trunk.symmetric_rtp)
        self._invite = invite
        self._server = server
        self.trunk = trunk
        self._ring = Alarm(services.reactor)
        self._acknowledged = False
        self._leaving = False
        self._inside.contact = services.layer.contact(server.source.transport)
        if server.source.transport == "TLS":
            self._description.encrypt(trunk.trunk.srtp)
        self.sip_ids.append(invite.call_id)
        services.known_as(invite.call_id, self)
        trunk.live += 1

    def start(self) -> None:
        """Ring, and tell who calls."""
        self._server.cancelled = self._given_up
        self._rang = self._services.monotonic()
        self._ring.set(RING_LIMIT, self.hangup)
        self._respond(180)
        self.tell(
            Incoming,
            number=caller_of(self._invite),
            called=called_by(self._invite),
        )

    def answer(self) -> None:
        """Take the call. What offers no audio that we speak is refused."""
        if self._ending or self._talk is not None:
            return
        offer = self._description.read(self._invite.body)
        if offer is None and self._invite.body:
            self._respond(488)
            self._finish(
                CallOutcome.INCOMPATIBLE, sip_code=488, reason="no audio that we speak", by="us"
            )
            return
        self._ring.clear()
        terms = asked_terms(self._invite)
        self._server.unacknowledged = self.unacknowledged
        body = self._description.answer(offer).encode()
        response = self._respond(200, (("Allow", ALLOWED), *granted(terms), *SDP), body)
        dialog = dialog_of_request(self._invite, response)
        talk = Conversation(self._services.layer, self.trunk.hop, dialog)
        self._far_updates = "UPDATE" in {m.upper() for m in self._invite.all("Allow")}
        self._begin(talk, offer)
        self._timer.agree(terms)

    def _respond(self, status: int, headers: Headers = (), body: bytes = b"") -> Response:
        contact: Headers = (("Contact", self._inside.contact),) if status < 300 else ()
        response = reply(
            self._invite,
            status,
            to_tag=self._local_tag,
            headers=(*contact, *headers),
            body=body,
            source=self._server.source,
        )
        self._server.respond(response)
        return response

    def acknowledged(self, ack: Request) -> None:
        if ack.cseq[0] != self._invite.cseq[0]:
            super().acknowledged(ack)
            return
        self._server.acknowledge()
        self._acknowledged = True
        self._inside.answered(ack.body)
        if self._leaving:
            self.hangup()

    def hangup(self) -> None:
        if self._ending:
            return
        if self._talk is None:
            self._withdraw()
            self._finish(CallOutcome.REJECTED, sip_code=480, reason="not answered by us", by="us")
        elif not self._acknowledged:
            self._leaving = True  # no BYE before the ACK (RFC 3261, 15)
        else:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="hung up by us", by="us")

    def _withdraw(self) -> None:
        self._respond(480)

    def _given_up(self) -> None:
        self._respond(487)
        self._finish(CallOutcome.CANCELLED, sip_code=487, reason="the caller gave up", by="them")

    def _freed(self) -> None:
        super()._freed()
        self._ring.clear()
        self.trunk.live -= 1


def caller_of(invite: Request) -> str:
    """Who calls: P-Asserted-Identity, which the trunk vouches for, or From; "" for nobody known."""
    for name in ("P-Asserted-Identity", "From"):
        for value in invite.all(name):
            try:
                number = number_of(parse_address(value).uri)
            except Malformed:
                continue
            if number:
                return number
    return ""


def called_by(invite: Request) -> str:
    """The number that was dialed: the request's own, or To's where we registered by a name."""
    return number_of(invite.uri) or number_of(parse_address(invite.get("To") or "").uri)


def number_of(uri: str) -> str:
    """The telephone number of an address without its separators, or "" where there is none."""
    try:
        user = (parse_uri(uri).user or "").partition(";")[0]
    except Malformed:
        return ""
    digits = re.sub(r"[-.()\s]", "", user)
    return digits if re.fullmatch(r"\+?\d{2,15}", digits) else ""
