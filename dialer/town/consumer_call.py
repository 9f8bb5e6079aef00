"""One call to a consumer: the called side of RFC 3261, with the consumer's habit behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from dialer.telephony.wire import sdp
from dialer.telephony.wire.headers import Malformed, parse_address, parse_uri
from dialer.telephony.wire.message import Headers, Request, Response
from dialer.telephony.wire.reactor import DelayedCall, TimeReactor
from dialer.telephony.wire.sdp import Media
from dialer.town.answers import DEFAULT_PORT, Address, answer
from dialer.town.habits import CallHabit, CallManner
from dialer.town.line import Line
from dialer.town.loopback import LOOPBACK, is_loopback
from dialer.town.records import CallRecord
from dialer.town.resend import Resender
from dialer.town.speech import sounds
from scheduler.clock import Clock

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS"
_ALERT_S = 0.1  # from the INVITE to the first ring, or to the refusal of a dead number
_CARRIER_GIVES_UP_S = 90.0

_AT_ONCE = {
    CallHabit.BUSY: 486,
    CallHabit.NOT_IN_SERVICE: 404,
    CallHabit.NETWORK_FAILURE: 503,
}


class Phase(Enum):
    RINGING = auto()
    REFUSED = auto()  # a final answer of 300 or above was sent
    ANSWERED = auto()
    LEAVING = auto()  # our BYE is on its way
    OVER = auto()


class ConsumerCall:
    """The call from its INVITE on. `over` is told once, when nothing more is to be sent."""

    def __init__(
        self,
        invite: Request,
        source: Address,
        *,
        number: str,
        manner: CallManner,
        language: str,
        here: str,
        tag: str,
        clock: Clock,
        timers: TimeReactor,
        send: Callable[[bytes, Address], None],
        open_line: Callable[[], Line],
        over: Callable[[], None],
    ) -> None:
        self._dialog = invite  # tags and routes of the whole call
        self._invite, self._source = invite, source  # the newest
        self._manner, self._language = manner, language
        self._here, self._tag = here, tag
        self._clock, self._timers = clock, timers
        self._send, self._open_line, self._over = send, open_line, over
        self._phase = Phase.RINGING
        self._record = CallRecord(call_id=invite.call_id, number=number, started_at=clock.now())
        self._pending: list[DelayedCall] = []
        self._resender: Resender | None = None
        self._last: tuple[bytes, Address] = (b"", source)  # our newest answer to an INVITE
        self._line: Line | None = None
        self._remote: Media | None = None
        self._local: Media | None = None

    @property
    def record(self) -> CallRecord:
        return replace(self._record, rtp_packets=self._line.received if self._line else 0)

    def begin(self) -> None:
        """Answer the INVITE as the consumer would."""
        self._answer(100)
        if self._invite.get("Require"):
            self._refuse(420, ("Unsupported", self._invite.get("Require") or ""))
            return
        try:
            self._bye()
        except Malformed:
            self._refuse(400)
            return
        self._remote = _offer(self._invite)
        if self._remote is None:
            self._refuse(488)
            return
        if (code := _AT_ONCE.get(self._manner.habit)) is not None:
            self._after(_ALERT_S, lambda: self._refuse(code))
            return
        self._after(_ALERT_S, lambda: self._answer(180, self._contact_header))
        match self._manner.habit:
            case CallHabit.RINGS_OUT:
                self._after(_CARRIER_GIVES_UP_S, lambda: self._refuse(480))
            case CallHabit.REJECTS:
                self._after(self._manner.rings_s, lambda: self._refuse(603))
            case _:
                self._after(self._manner.rings_s, self._pick_up)

    def receive(self, request: Request, source: Address) -> None:
        """A request of this call: a repeated INVITE, ACK, CANCEL, BYE or one inside the dialog."""
        match request.method:
            case "INVITE" if request.cseq == self._invite.cseq:
                self._send(*self._last)
            case "INVITE":
                self._reinvite(request, source)
            case "ACK":
                self._acknowledged(request)
            case "CANCEL":
                self._cancel(request, source)
            case "BYE":
                self._reply(request, source, 200)
                self._hung_up()
            case "OPTIONS":
                self._reply(request, source, 200, ("Allow", ALLOW))
            case _:
                self._reply(request, source, 405, ("Allow", ALLOW))

    def answered(self, response: Response) -> None:
        """The other side's final answer to our BYE."""
        if self._phase is Phase.LEAVING and not response.provisional:
            self._finish()

    @property
    def _contact_header(self) -> tuple[str, str]:
        return "Contact", f"<sip:{self._record.number}@{self._here}>"

    def _pick_up(self) -> None:
        assert self._remote is not None
        self._phase = Phase.ANSWERED
        self._line = self._open_line()
        self._local = sdp.answer(self._remote, host=LOOPBACK, port=self._line.port)
        self._record = replace(self._record, answered_at=self._clock.now(), code=200)
        self._after(self._manner.patience_s, self._hang_up)
        self._accept()
        self._line.talk(self._remote, sounds(self._manner, self._language))

    def _accept(self) -> None:
        """Send 200 with our media until the ACK; without one the call is ended (13.3.1.4)."""
        assert self._local is not None
        extra = (self._contact_header, ("Allow", ALLOW), ("Content-Type", "application/sdp"))
        self._resend(200, *extra, body=self._local.encode(), expired=self._hang_up)

    def _refuse(self, code: int, *extra: tuple[str, str]) -> None:
        self._phase = Phase.REFUSED
        self._record = replace(self._record, code=code, ended_at=self._clock.now())
        self._stop_timers()
        self._resend(code, *extra, expired=self._finish)

    def _reinvite(self, request: Request, source: Address) -> None:
        if self._phase is not Phase.ANSWERED or self._local is None or self._line is None:
            self._reply(request, source, 481)
            return
        if (remote := _offer(request)) is None:
            self._reply(request, source, 488)
            return
        self._invite, self._source, self._remote = request, source, remote
        self._local = sdp.answer(
            remote, host=LOOPBACK, port=self._line.port, version=self._local.version + 1
        )
        self._line.redirect(remote)
        self._accept()

    def _cancel(self, request: Request, source: Address) -> None:
        known = request.cseq[0] == self._invite.cseq[0]
        self._reply(request, source, 200 if known else 481)
        if known and self._phase is Phase.RINGING:
            self._record = replace(self._record, ended_by="caller")
            self._refuse(487)

    def _acknowledged(self, ack: Request) -> None:
        if ack.cseq[0] != self._invite.cseq[0]:
            return
        if self._resender and self._phase in (Phase.REFUSED, Phase.ANSWERED):
            self._resender.stop()
        if self._phase is Phase.REFUSED:
            self._finish()

    def _hung_up(self) -> None:
        if self._phase is Phase.RINGING:
            self._record = replace(self._record, ended_by="caller")
            self._refuse(487)
        elif self._phase in (Phase.ANSWERED, Phase.LEAVING):
            self._end("caller")
            self._finish()

    def _hang_up(self) -> None:
        if self._phase is not Phase.ANSWERED:
            return
        self._end("consumer")
        self._phase = Phase.LEAVING
        bye, target = self._bye()
        self._resender = Resender(
            self._timers, lambda: self._send(bye.encode(), target), self._finish
        )

    def _end(self, by: str) -> None:
        if self._record.ended_at is None:
            self._record = replace(self._record, ended_at=self._clock.now(), ended_by=by)
        self._stop_timers()
        if self._line is not None:
            self._line.close()

    def _finish(self) -> None:
        if self._phase is not Phase.OVER:
            self._phase = Phase.OVER
            self._stop_timers()
            self._over()

    def _bye(self) -> tuple[Request, Address]:
        """Our BYE, and where it goes: the route set of the INVITE, else its Contact (12.2.1.1)."""
        routes = self._dialog.all("Record-Route")
        contact = parse_address(next(iter(self._invite.all("Contact")), "")).uri
        next_hop = parse_uri(parse_address(routes[0]).uri if routes else contact)
        headers: Headers = (
            ("Via", f"SIP/2.0/UDP {self._here};branch=z9hG4bK{self._tag}"),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in routes),
            ("From", f"{self._dialog.get('To')};tag={self._tag}"),
            ("To", self._dialog.get("From") or ""),
            ("Call-ID", self._dialog.call_id),
            ("CSeq", "1 BYE"),
        )
        bye = Request(method="BYE", uri=contact, headers=headers)
        host = next_hop.host if is_loopback(next_hop.host) else self._source[0]
        return bye, (host.replace("localhost", LOOPBACK), next_hop.port or DEFAULT_PORT)

    def _answer(self, status: int, *headers: tuple[str, str], body: bytes = b"") -> None:
        """Answer the newest INVITE; a repetition of it gets the same again."""
        data, target = answer(
            self._invite, self._source, status, *headers, tag=self._tag, body=body
        )
        self._last = data, target
        self._send(data, target)

    def _resend(
        self,
        status: int,
        *headers: tuple[str, str],
        expired: Callable[[], None],
        body: bytes = b"",
    ) -> None:
        """Answer with a final status until the ACK comes."""
        if self._resender:
            self._resender.stop()
        data, target = answer(
            self._invite, self._source, status, *headers, tag=self._tag, body=body
        )
        self._last = data, target
        self._resender = Resender(self._timers, lambda: self._send(data, target), expired)

    def _reply(
        self, request: Request, source: Address, status: int, *headers: tuple[str, str]
    ) -> None:
        self._send(*answer(request, source, status, *headers, tag=self._tag))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._pending.append(self._timers.callLater(seconds, act))

    def _stop_timers(self) -> None:
        for timer in self._pending:
            if timer.active():
                timer.cancel()
        self._pending.clear()
        if self._resender:
            self._resender.stop()


def _offer(invite: Request) -> Media | None:
    """The caller's audio stream, or None if there is none that this machine can send to."""
    try:
        media = sdp.parse(invite.body)
    except Malformed:
        return None
    return media if media.host == "0.0.0.0" or is_loopback(media.host) else None
