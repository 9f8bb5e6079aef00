"""The town's SMSC: SMPP 3.4 on a TCP port, one account, consumers with habits behind it.

It stores and forwards: a receipt or a reply that the account did not acknowledge is sent again on
its next bind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from dialer.town.habits import TextHabit, TextManner
from dialer.town.loopback import LOOPBACK
from dialer.town.population import Population
from dialer.town.records import TextRecord
from dialer.town.texts import Part, part_of, receipt, reply
from messaging.sms.smpp.codec import FrameError, Framer, PduError, decode, encode
from messaging.sms.smpp.pdu import (
    MAX_SEQUENCE,
    Bind,
    BindMode,
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
from scheduler.clock import Clock

_NOBODY = TextManner(habit=TextHabit.UNDELIVERABLE, after_s=0.5, words="")
_REPLY_DELAY_S = 0.5  # after the receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class SmscFaults:
    """Faults in order: the first binds are refused, the first submits are throttled."""

    reject_binds: int = 0
    throttle_submits: int = 0


@dataclass(slots=True)
class _Message:
    """A text in parts: complete when `total` of them are there."""

    first: Part
    ids: list[str] = field(default_factory=list)


class Smsc:
    """The state behind all sessions: what came in, and what has to go out."""

    def __init__(
        self,
        population: Population,
        clock: Clock,
        *,
        system_id: str,
        password: str,
        faults: SmscFaults,
    ) -> None:
        self.records: list[TextRecord] = []
        self.parts = 0
        self.replies = 0
        self.stops = 0
        self._population = population
        self._clock = clock
        self._account = (system_id, password)
        self._rejects_left = faults.reject_binds
        self._throttles_left = faults.throttle_submits
        self._ids = count(1)
        self._open: dict[tuple[str, str, int, int], _Message] = {}
        self._outgoing: deque[DeliverSm] = deque()
        self._sessions: list[Session] = []
        self._timers: set[asyncio.TimerHandle] = set()

    @property
    def messages(self) -> int:
        """Texts that arrived, a text in parts once."""
        return len(self.records) + len(self._open)

    def check_bind(self, bind: Bind) -> Status:
        if self._rejects_left:
            self._rejects_left -= 1
            return Status.RBINDFAIL
        if bind.system_id != self._account[0]:
            return Status.RINVSYSID
        return Status.ROK if bind.password == self._account[1] else Status.RINVPASWD

    def submit(self, body: SubmitSm) -> tuple[Status, str]:
        """Take one submit_sm: its status, and the message id if it was taken."""
        if self._throttles_left:
            self._throttles_left -= 1
            return Status.RTHROTTLED, ""
        part = part_of(body)
        if part is None:
            return Status.RINVDSTADR, ""
        self.parts += 1
        message_id = f"{next(self._ids):08x}"
        known = self._population.by_number.get(part.number)
        manner = known[1].text if known else _NOBODY
        delivered = manner.habit is not TextHabit.UNDELIVERABLE
        if body.registered_delivery & 3 == 1 or (
            body.registered_delivery & 3 == 2 and not delivered
        ):
            taken = self._clock.now()
            self._later(
                manner.after_s,
                lambda: self._send(receipt(body, message_id, delivered, taken, self._clock.now())),
            )
        self._collect(part, message_id, manner, body)
        return Status.ROK, message_id

    def _collect(self, part: Part, message_id: str, manner: TextManner, body: SubmitSm) -> None:
        message = self._open.setdefault(part.key, _Message(first=part))
        message.ids.append(message_id)
        if len(message.ids) < part.total:
            return
        del self._open[part.key]
        undeliverable = manner.habit is TextHabit.UNDELIVERABLE
        self.records.append(
            TextRecord(
                smsc_ids=tuple(message.ids),
                number=part.number,
                sender=part.sender,
                at=self._clock.now(),
                state="UNDELIV" if undeliverable else "DELIVRD",
            )
        )
        if manner.habit in (TextHabit.REPLIES, TextHabit.STOPS):
            self._later(manner.after_s + _REPLY_DELAY_S, lambda: self._answer(body, manner))

    def _answer(self, body: SubmitSm, manner: TextManner) -> None:
        if manner.habit is TextHabit.STOPS:
            self.stops += 1
        else:
            self.replies += 1
        self._send(reply(body, manner.words))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(handle)
            act()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)

    def _send(self, body: DeliverSm) -> None:
        self._outgoing.append(body)
        self.flush()

    def flush(self) -> None:
        """Send what waits on the newest session that may receive."""
        session = next((s for s in reversed(self._sessions) if s.receives), None)
        while session and self._outgoing:
            session.deliver(self._outgoing.popleft())

    def joined(self, session: Session) -> None:
        self._sessions.append(session)

    def left(self, session: Session, unacknowledged: list[DeliverSm]) -> None:
        if session in self._sessions:
            self._sessions.remove(session)
        self._outgoing.extendleft(reversed(unacknowledged))
        self.flush()

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for session in list(self._sessions):
            session.close()


class Session(asyncio.Protocol):
    """One connection of the account."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc
        self._framer = Framer()
        self._mode: BindMode | None = None
        self._sequence = 0
        self._unacknowledged: dict[int, DeliverSm] = {}

    @property
    def receives(self) -> bool:
        return self._mode in (BindMode.RECEIVER, BindMode.TRANSCEIVER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._smsc.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._mode = None
        self._smsc.left(self, list(self._unacknowledged.values()))

    def close(self) -> None:
        self._mode = None
        self._transport.close()

    def deliver(self, body: DeliverSm) -> None:
        self._sequence = self._sequence % MAX_SEQUENCE + 1
        self._unacknowledged[self._sequence] = body
        self._write(self._sequence, body)

    def data_received(self, data: bytes) -> None:
        self._framer.push(data)
        try:
            for frame in self._framer:
                self._read(frame)
        except FrameError:
            self.close()

    def _read(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except PduError as error:
            if not error.is_response:
                self._write(error.sequence, GenericNack(), error.status)
            return
        match pdu.body:
            case Bind():
                self._bind(pdu.sequence, pdu.body)
            case SubmitSm():
                self._submit(pdu.sequence, pdu.body)
            case DeliverSmResp():
                self._unacknowledged.pop(pdu.sequence, None)
            case EnquireLink():
                self._write(pdu.sequence, EnquireLinkResp())
            case Unbind():
                self._write(pdu.sequence, UnbindResp())
                self.close()
            case EnquireLinkResp() | UnbindResp() | GenericNack():
                pass
            case _:
                self._write(pdu.sequence, GenericNack(), Status.RINVCMDID)

    def _bind(self, sequence: int, bind: Bind) -> None:
        status = Status.RALYBND if self._mode else self._smsc.check_bind(bind)
        self._write(sequence, BindResp(mode=bind.mode, system_id="town"), status)
        if status is Status.ROK:
            self._mode = bind.mode
            self._smsc.flush()

    def _submit(self, sequence: int, body: SubmitSm) -> None:
        if self._mode not in (BindMode.TRANSMITTER, BindMode.TRANSCEIVER):
            status, message_id = Status.RINVBNDSTS, ""
        else:
            status, message_id = self._smsc.submit(body)
        self._write(sequence, SubmitSmResp(message_id=message_id), status)

    def _write(self, sequence: int, body: Body, status: Status = Status.ROK) -> None:
        self._transport.write(encode(Pdu(sequence=sequence, status=status, body=body)))


@asynccontextmanager
async def serve_smsc(smsc: Smsc, port: int = 0) -> AsyncIterator[int]:
    """The SMSC listens on the loopback; yields the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(smsc), LOOPBACK, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        smsc.close()
        await server.wait_closed()
