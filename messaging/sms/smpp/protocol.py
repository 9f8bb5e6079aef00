"""One SMPP session of a client (ESME): bind, submits, enquire_link both ways, unbind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import cast

import structlog
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from messaging.sms.smpp.codec import FrameError, Framer, PduError, decode, encode
from messaging.sms.smpp.errors import AnswerLost, Refused
from messaging.sms.smpp.exchange import Exchange
from messaging.sms.smpp.pdu import (
    Bind,
    BindResp,
    Body,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Status,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from messaging.sms.smpp.rate import AdaptiveRate
from messaging.sms.smpp.submits import Submits
from messaging.sms.smpp.wire import DelayedCall, TcpTransport, TimeReactor, stop

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """Limits of a session; durations in seconds.

    `window`: submits without an answer at one time. `enquire_after`: silence after which the link
    is tested. `throttle_patience`: how long a throttled submit is tried again.
    """

    window: int = 10
    response_timeout: float = 30.0
    enquire_after: float = 30.0
    throttle_patience: float = 60.0


class _State(Enum):
    CONNECTING = "connecting"
    BOUND = "bound"
    LEAVING = "leaving"
    CLOSED = "closed"


class SmppSession(Protocol):
    """A Twisted protocol. `bound` fires with the bind's answer or fails; `closed` fires at the end.

    `deliver` is called for each deliver_sm with a function that answers it; until that is called
    the message centre keeps the message. `rate` outlives the session.
    """

    def __init__(
        self,
        *,
        time: TimeReactor,
        bind: Bind,
        options: SessionOptions,
        rate: AdaptiveRate,
        deliver: Callable[[DeliverSm, Callable[[int], None]], None],
    ) -> None:
        self.bound: Deferred[BindResp] = Deferred()
        self.closed: Deferred[None] = Deferred()
        self._time = time
        self._bind = bind
        self._options = options
        self._deliver = deliver
        self._state = _State.CONNECTING
        self._wire: TcpTransport | None = None
        self._framer = Framer()
        self._exchange = Exchange(time, timeout=options.response_timeout, write=self._write)
        self._submits = Submits(
            time,
            self._exchange,
            rate,
            window=options.window,
            patience=options.throttle_patience,
            drained=self._drained,
        )
        self._idle: DelayedCall | None = None

    @property
    def is_bound(self) -> bool:
        return self._state is _State.BOUND

    def submit(
        self,
        body: SubmitSm,
        *,
        check: Callable[[], None],
        late: Callable[[SubmitSmResp], None],
    ) -> Deferred[SubmitSmResp]:
        """Send when window and rate allow. Only a bound session may be asked.

        `check` is called at the moment of sending and may raise NotCovered, which fails the
        Deferred. Fails with NotSent, Refused, AnswerLost or EncodeError. After AnswerLost by
        time-out, `late` is called should the answer come after all.
        """
        return self._submits.put(body, check, late)

    def unbind(self) -> None:
        """Take nothing more, wait for the answers still due, take leave; `closed` fires then."""
        if self._state is _State.CONNECTING:
            self.abort()
        elif self._state is _State.BOUND:
            self._state = _State.LEAVING
            self._submits.close("the session is ending")
            if self._submits.is_drained:
                self._drained()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._wire is not None:
            self._wire.abortConnection()

    def connectionMade(self) -> None:
        self._wire = cast(TcpTransport, self.transport)
        self._wire.setTcpNoDelay(True)
        self._idle = self._time.callLater(self._options.enquire_after, self._enquire)
        _, answer = self._exchange.request(self._bind)
        answer.addCallbacks(self._bind_answered, self._bind_lost)

    def dataReceived(self, data: bytes) -> None:
        if self._idle is not None:
            self._idle.reset(self._options.enquire_after)
        self._framer.push(data)
        try:
            for frame in self._framer:
                self._frame(frame)
        except FrameError as error:
            log.warning("smpp.stream_broken", error=str(error))
            self.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._state = _State.CLOSED
        self._wire = None
        stop(self._idle)
        self._idle = None
        self._submits.close("the connection was lost")
        self._exchange.fail_all(AnswerLost(f"the connection was lost: {reason.value}"))
        self.closed.callback(None)

    def _frame(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except PduError as error:
            log.warning("smpp.pdu_unreadable", error=str(error))
            if error.is_response:
                self._exchange.fail(error.sequence, AnswerLost(f"unreadable answer: {error}"))
            else:
                self._answer(GenericNack(), error.sequence, error.status)
            return
        match pdu.body:
            case EnquireLink():
                self._answer(EnquireLinkResp(), pdu.sequence)
            case DeliverSm():
                self._deliver(
                    pdu.body, lambda status: self._answer(DeliverSmResp(), pdu.sequence, status)
                )
            case Unbind():
                self._state = _State.LEAVING
                self._submits.close("the message centre took leave")
                self._answer(UnbindResp(), pdu.sequence)
                self._lose()
            case Bind() | SubmitSm():
                self._answer(GenericNack(), pdu.sequence, Status.RINVBNDSTS)
            case _:
                if not self._exchange.answered(pdu):
                    self._submits.late_answer(pdu)

    def _answer(self, body: Body, sequence: int, status: int = Status.ROK) -> None:
        self._write(Pdu(sequence=sequence, status=status, body=body))

    def _write(self, pdu: Pdu) -> None:
        octets = encode(pdu)
        if self._wire is not None:
            self._wire.write(octets)

    def _lose(self) -> None:
        if self._wire is not None:
            self._wire.loseConnection()

    def _bind_answered(self, pdu: Pdu) -> None:
        if pdu.status or not isinstance(pdu.body, BindResp):
            self._state = _State.LEAVING
            self._lose()
            self.bound.errback(Refused("bind", pdu.status))
        else:
            self._state = _State.BOUND
            self.bound.callback(pdu.body)

    def _bind_lost(self, failure: Failure) -> None:
        self.abort()
        self.bound.errback(failure)

    def _enquire(self) -> None:
        self._idle = self._time.callLater(self._options.enquire_after, self._enquire)
        _, answer = self._exchange.request(EnquireLink())
        answer.addErrback(self._silent)

    def _silent(self, failure: Failure) -> None:
        if self._state is not _State.CLOSED:
            log.warning("smpp.silent", error=str(failure.value))
            self.abort()

    def _drained(self) -> None:
        if self._state is _State.LEAVING:
            _, answer = self._exchange.request(Unbind())
            answer.addBoth(lambda _: self._lose())
