"""A leg that we place: its invitation from the INVITE to an answer, a refusal or a CANCEL."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from dialer.telephony.causes import failure_outcome
from dialer.telephony.drivers.sip.conversation import Conversation
from dialer.telephony.drivers.sip.hop import Hop
from dialer.telephony.drivers.sip.inside import SDP
from dialer.telephony.drivers.sip.invitation import Failure, Invitation
from dialer.telephony.drivers.sip.layer import ALLOWED
from dialer.telephony.drivers.sip.leg import Leg, Services
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.session_timer import agreed_terms
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.drivers.sip.trunk import Srtp
from dialer.telephony.port import CallOutcome, Ringing, Trying
from dialer.telephony.wire.message import Headers, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom the INVITE is for. `caller` and `callee` are the addresses of From and To."""

    hop: Hop
    uri: str
    caller: str
    callee: str
    srtp: Srtp = Srtp.OFF
    headers: Headers = ()


class OutgoingLeg(Leg):
    """Rings until it is answered, refused, cancelled or `ring_timeout_s` is over."""

    def __init__(
        self, services: Services, leg_id: str, *, ring_timeout_s: float, symmetric: bool
    ) -> None:
        super().__init__(services, leg_id, symmetric=symmetric)
        self._ring = Alarm(services.reactor)
        self._ring_timeout_s = ring_timeout_s
        self._invitation: Invitation | None = None
        self._early_media = False
        self._timed_out = False
        self._hanging_up = False

    # What a kind of leg adds

    def _target(self) -> Target:
        raise NotImplementedError

    def reached(self) -> None:
        """Anything at all came back from the hop."""

    def _silent(self) -> None:
        """It was given up, and nothing had come back."""

    def _troubled(self, failure: Failure, outcome: CallOutcome) -> bool:
        """Take notice of a failure; True if the leg goes on by another way."""
        return False

    # What the engine asks

    def start(self) -> None:
        """Send the INVITE and arm the ring timer."""
        if self._ending:
            return
        self._ring.set(self._ring_timeout_s, self._ring_timeout)
        self._invite()
        self.tell(Trying)

    def hangup(self) -> None:
        if self._ending or self._hanging_up:
            return
        self._hanging_up = True
        if self._talk is not None:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="hung up by us", by="us")
        elif self._invitation is None:
            self._finish(CallOutcome.CANCELLED, reason="hung up before it was sent", by="us")
        else:
            self._give_up()

    def _withdraw(self) -> None:
        if self._invitation is not None:
            self._invitation.cancel()

    def _freed(self) -> None:
        self._ring.clear()

    # The invitation

    def _invite(self) -> None:
        target, sip_id = self._target(), secrets.token_hex(16)
        self.sip_ids.append(sip_id)
        self._services.known_as(sip_id, self)
        layer, transport = self._services.layer, target.hop.address.transport
        self._inside.contact = layer.contact(transport)
        self._description.encrypt(target.srtp)
        invite = Request(
            method="INVITE",
            uri=target.uri,
            headers=(
                ("Via", layer.via(transport)),
                ("Max-Forwards", "70"),
                ("From", f"<{target.caller}>;tag={self._local_tag}"),
                ("To", f"<{target.callee}>"),
                ("Call-ID", sip_id),
                ("CSeq", "1 INVITE"),
                ("Contact", self._inside.contact),
                ("Allow", ALLOWED),
                ("Supported", "100rel, timer"),
                ("User-Agent", "Ringfence"),
                *target.headers,
                *SDP,
            ),
            body=self._description.offer().encode(),
        )
        self._invitation = Invitation(layer, self._services.timers, target.hop, invite, self)
        self._invitation.start()

    def _dialog_with(self, request: Request) -> bool:
        """Before the answer there may be early dialogs, in which the far side can say little."""
        early = (
            self._talk is None
            and self._invitation is not None
            and request.method in {"UPDATE", "INFO", "OPTIONS"}
            and request.from_tag in self._invitation.early_tags
        )
        return early or super()._dialog_with(request)

    def _ring_timeout(self) -> None:
        self._timed_out = True
        self._give_up()

    def _give_up(self) -> None:
        self._ring.clear()
        assert self._invitation is not None
        self._invitation.cancel()
        if not self._invitation.heard:
            # There is nobody to wait for; should an answer come yet, the invitation ends it.
            self._silent()
            self._finish(self._given_up_as(), reason="no answer at all from the far side", by="us")

    def _given_up_as(self) -> CallOutcome:
        if not self._timed_out:
            return CallOutcome.CANCELLED
        if self._invitation is not None and not self._invitation.heard:
            return CallOutcome.NO_ROUTE
        return CallOutcome.NO_ANSWER if self._rang is not None else CallOutcome.UNAVAILABLE

    def progressed(self, response: Response) -> None:
        if self._ending or not 180 <= response.status < 199:
            return
        media = self._description.read(response.body)
        early = media is not None and not self._early_media
        if early and media is not None:
            self._early_media = True
            self.flow(media)
        if self._rang is None or early:
            self._rang = self._rang or self._services.monotonic()
            self.tell(Ringing, early_media=self._early_media)

    def answered(self, talk: Conversation, response: Response) -> None:
        if self._ending:
            talk.bye()
            return
        self._ring.clear()
        media = self._description.read(response.body)
        if media is None and not self._early_media:
            talk.bye()
            self._finish(
                CallOutcome.INCOMPATIBLE, sip_code=200, reason="no audio that we speak", by="us"
            )
            return
        self._far_updates = "UPDATE" in {method.upper() for method in response.all("Allow")}
        self._begin(talk, media)
        self._timer.agree(agreed_terms(response))

    def crossed(self, response: Response) -> None:
        self._finish(
            CallOutcome.ANSWERED,
            sip_code=response.status,
            reason="answered while it was being cancelled",
            by="us",
        )

    def failed(self, failure: Failure) -> None:
        if self._ending:
            return
        outcome = self._outcome_of(failure)
        if self._troubled(failure, outcome):
            return
        self._finish(
            outcome,
            sip_code=failure.status,
            q850=failure.q850,
            reason=failure.reason,
            by=self._ended_by(failure),
        )

    def _outcome_of(self, failure: Failure) -> CallOutcome:
        if self._timed_out or self._hanging_up:
            return self._given_up_as()
        if failure.status is None:
            return CallOutcome.NO_ROUTE
        return failure_outcome(
            failure.status,
            failure.q850,
            ringing_seen=self._rang is not None,
            credentials_refused=failure.credentials_refused,
        )

    def _ended_by(self, failure: Failure) -> str:
        if self._timed_out or self._hanging_up or failure.gone is Gone.SILENT:
            return "us"
        return "network" if failure.gone is not None else "them"
