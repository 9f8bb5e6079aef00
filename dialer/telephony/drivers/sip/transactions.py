"""SIP transactions (RFC 3261, 17; RFC 6026): repeats, time-outs and nothing of calls.

A client transaction tells its user of each provisional answer, then of one end: a final answer or
`gone`. The INVITE one hands on every 2xx, also repeated and forked ones, because only a call can
acknowledge them; other final answers it acknowledges itself.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, StrEnum, auto
from typing import Protocol

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.wire.message import Request, Response
from dialer.telephony.wire.reactor import TimeReactor

Send = Callable[[bytes], None]


class State(Enum):
    CALLING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class Gone(StrEnum):
    """Why no final answer came."""

    SILENT = "no final answer"
    REFUSED = "nobody listens there"
    INSECURE = "no secure connection"

    @property
    def unsent(self) -> bool:
        """Whether it is proved that nobody has taken the request."""
        return self is not Gone.SILENT


class ClientUser(Protocol):
    """Who started a client transaction."""

    def provisional(self, response: Response) -> None: ...

    def final(self, response: Response) -> None: ...

    def gone(self, why: Gone) -> None:
        """No final answer came, and none is awaited any more."""
        ...


class Client:
    """What both kinds of client transaction share. `ended` is called once it may be forgotten."""

    def __init__(
        self,
        reactor: TimeReactor,
        timers: Timers,
        request: Request,
        *,
        send: Send,
        user: ClientUser,
        ended: Callable[[], object],
        reliable: bool = False,
    ) -> None:
        self.request = request
        self.state = State.CALLING
        self.unanswered = True
        self._timers = timers
        self._send = send
        self._user = user
        self._ended = ended
        self._reliable = reliable
        self._repeat = Alarm(reactor)
        self._limit = Alarm(reactor)
        self._interval = timers.t1

    def start(self) -> None:
        self._limit.set(self._timers.give_up, self._gave_up)
        if not self._reliable:
            self._repeat.set(self._interval, self._again)
        self._send(self.request.encode())

    def receive(self, response: Response) -> None:
        raise NotImplementedError

    def _again(self) -> None:
        raise NotImplementedError

    def _gave_up(self) -> None:
        self.fail(Gone.SILENT)

    def fail(self, why: Gone) -> None:
        """End without an answer: timer B or F, or the network says that nobody is there."""
        if self.open:
            self._terminate()
            self._user.gone(why)

    @property
    def open(self) -> bool:
        """Whether a final answer is still awaited."""
        return self.state in {State.CALLING, State.PROCEEDING}

    def close(self) -> None:
        """End now and tell nobody."""
        self._terminate()

    def _terminate(self) -> None:
        if self.state is not State.TERMINATED:
            self.state = State.TERMINATED
            self._repeat.clear()
            self._limit.clear()
            self._ended()

    def _linger(self, state: State, seconds: float) -> None:
        self.state = state
        self._repeat.clear()
        self._limit.set(seconds, self._terminate)


class InviteClient(Client):
    """The INVITE client transaction: timers A, B and D, and M of RFC 6026."""

    def _again(self) -> None:
        self._interval *= 2
        self._repeat.set(self._interval, self._again)
        self._send(self.request.encode())

    def receive(self, response: Response) -> None:
        self.unanswered = False
        if self.state is State.COMPLETED:
            if response.status >= 300:
                self._send(self._ack(response))
        elif self.state is State.ACCEPTED:
            if 200 <= response.status < 300:
                self._user.final(response)
        elif self.state is State.TERMINATED:
            return
        elif response.provisional:
            self.state = State.PROCEEDING
            self._repeat.clear()
            self._limit.clear()
            self._user.provisional(response)
        elif response.status < 300:
            self._linger(State.ACCEPTED, self._timers.give_up)
            self._user.final(response)
        else:
            self._linger(State.COMPLETED, 0 if self._reliable else self._timers.linger)
            self._send(self._ack(response))
            self._user.final(response)

    def give_up_in(self, seconds: float) -> None:
        """End in `seconds` unless a final answer comes: the wait after a CANCEL (RFC 3261, 9.1)."""
        if self.open:
            self._limit.set(seconds, self._gave_up)

    def _ack(self, response: Response) -> bytes:
        return _hop_by_hop(self.request, "ACK", response.get("To")).encode()

    def cancel(self) -> Request:
        """The CANCEL for this INVITE."""
        return _hop_by_hop(self.request, "CANCEL", self.request.get("To"))


def _hop_by_hop(invite: Request, method: str, to: str | None) -> Request:
    """ACK of a failure, or CANCEL: the INVITE's own Via and number (RFC 3261, 17.1.1.3 and 9.1)."""
    number, _ = invite.cseq
    return Request(
        method=method,
        uri=invite.uri,
        headers=(
            ("Via", invite.all("Via")[0]),
            *(("Route", route) for route in invite.all("Route")),
            ("Max-Forwards", "70"),
            ("From", invite.get("From") or ""),
            ("To", to or ""),
            ("Call-ID", invite.call_id),
            ("CSeq", f"{number} {method}"),
        ),
    )


class NonInviteClient(Client):
    """Any other client transaction: timers E, F and K."""

    def _again(self) -> None:
        slow = self.state is State.PROCEEDING
        self._interval = self._timers.t2 if slow else min(2 * self._interval, self._timers.t2)
        self._repeat.set(self._interval, self._again)
        self._send(self.request.encode())

    def receive(self, response: Response) -> None:
        self.unanswered = False
        if not self.open:
            return
        if response.provisional:
            self.state = State.PROCEEDING
            self._user.provisional(response)
        else:
            self._linger(State.COMPLETED, 0 if self._reliable else self._timers.t4)
            self._user.final(response)


class Server:
    """A server transaction: a repeated request gets the same answer (timers J and H).

    Final answers to an INVITE, 2xx among them, are sent again until the ACK comes; if none comes
    in 64 T1, `unacknowledged` is called. A CANCEL before the final answer calls `cancelled`.
    """

    def __init__(
        self,
        reactor: TimeReactor,
        timers: Timers,
        request: Request,
        *,
        source: Address,
        send: Send,
        ended: Callable[[], object],
        reliable: bool = False,
    ) -> None:
        self.request = request
        self.source = source
        self.unacknowledged: Callable[[], None] | None = None
        self.cancelled: Callable[[], None] | None = None
        self._reliable = reliable
        self._timers = timers
        self._send = send
        self._ended = ended
        self._answer: bytes | None = None
        self._repeat = Alarm(reactor)
        self._limit = Alarm(reactor)
        self._interval = timers.t1

    def repeated(self) -> None:
        """The request came again."""
        if self._answer is not None:
            self._send(self._answer)

    def respond(self, response: Response) -> None:
        self._answer = response.encode()
        if not response.provisional:
            self.cancelled = None
            invite = self.request.method == "INVITE"
            over = 0.0 if self._reliable and not invite else self._timers.give_up
            self._limit.set(over, self._expired)
            if invite and (response.status < 300 or not self._reliable):
                self._repeat.set(self._interval, self._again)
        self._send(self._answer)

    def cancel(self) -> None:
        """CANCEL came; one that comes after the final answer changes nothing."""
        if self.cancelled is not None:
            self.cancelled()

    def acknowledge(self) -> None:
        """The ACK has come: nothing is sent again; repeats of the request are still known."""
        self._repeat.clear()
        self.unacknowledged = None

    def close(self) -> None:
        self._repeat.clear()
        self._limit.clear()
        self._ended()

    def _again(self) -> None:
        self._interval = min(2 * self._interval, self._timers.t2)
        self._repeat.set(self._interval, self._again)
        self.repeated()

    def _expired(self) -> None:
        unacknowledged = self.unacknowledged
        self.close()
        if unacknowledged is not None:
            unacknowledged()
