"""The SMPP driver of the message-transport port."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from messaging.inbox import Inbox
from messaging.message import InboundMessage, MessageEvent, MessageStatus, StatusReport, TextMessage
from messaging.sms import text
from messaging.sms.correlation import Correlator, Tracked
from messaging.sms.smpp.codec import EncodeError
from messaging.sms.smpp.errors import AnswerLost, NotSent, Refused
from messaging.sms.smpp.link import Backoff, Link
from messaging.sms.smpp.pdu import (
    Bind,
    BindMode,
    DeliverSm,
    Status,
    SubmitSm,
    SubmitSmResp,
    status_name,
)
from messaging.sms.smpp.protocol import SessionOptions, SmppSession
from messaging.sms.smpp.rate import AdaptiveRate
from messaging.sms.smpp.receipt import read_receipt
from messaging.sms.smpp.route import Route, part_of
from messaging.sms.smpp.wire import Reactor
from messaging.transport import Accepted, TransportError, TransportHealth
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

_TRANSIENT = frozenset({Status.RSYSERR, Status.RMSGQFUL, Status.RTHROTTLED, Status.RX_T_APPN})
_ADDRESS = frozenset({Status.RINVDSTADR, Status.RINVDSTTON, Status.RINVDSTNPI})
_HOUSEKEEPING = 1.0  # seconds


_ROUTE, _OPTIONS, _BACKOFF = Route(), SessionOptions(), Backoff()

Deliver = Callable[[DeliverSm, Callable[[int], None]], None]


class SmppTransport:
    """MessageTransport[TextMessage] over one or more SMPP sessions. Made by `open_smpp`."""

    def __init__(
        self,
        *,
        clock: Clock,
        route: Route,
        first_reference: int,
        resume: Iterable[Accepted],
        links: Callable[[Deliver], Sequence[tuple[BindMode, Link]]],
    ) -> None:
        self._clock = clock
        self._route = route
        self._reference = first_reference
        self._links = links(self._deliver)
        self._turn = 0
        self._inbox = Inbox()
        self._correlator = Correlator()
        self._reassembler = text.Reassembler()
        for accepted in resume:
            self._correlator.resume(accepted.message_id, accepted.provider_id.split(), clock.now())

    async def send(self, permit: Permit, message: TextMessage) -> Accepted:
        """Send, in as many SMS as the text takes, one after the other.

        The permit is checked again when each SMS leaves, since window and rate may have kept it
        waiting. A message of which a part went out and a later one did not raises TransportError
        with `outcome_unknown`. `provider_id` holds the ids of all parts, with spaces between.
        """

        def check() -> None:
            permit.check(channel=Channel.SMS, address=message.to, now=self._clock.now())

        check()
        self._reference = (self._reference + 1) % 256
        try:
            bodies = self._route.submits(message, reference=self._reference)
        except ValueError as error:
            raise TransportError(
                f"message {message.message_id}: {error}", retryable=False
            ) from error
        tracked = Tracked(message_id=message.message_id, parts=len(bodies))
        provider_ids: list[str] = []
        for body in bodies:
            try:
                answer = await self._submit(body, check, tracked)
            except (TransportError, NotCovered) as error:
                if not provider_ids:
                    raise
                raise TransportError(
                    f"{len(provider_ids)} of {len(bodies)} parts were sent, then: {error}",
                    retryable=False,
                    outcome_unknown=True,
                ) from error
            provider_ids.append(self._taken(tracked, answer))
        return Accepted(message_id=message.message_id, provider_id=" ".join(provider_ids))

    def events(self) -> AsyncIterator[MessageEvent]:
        """Receipts and messages; each is acknowledged when the next one is asked for."""
        return self._inbox.events()

    async def health(self) -> TransportHealth:
        """Ready when every session is bound."""
        return TransportHealth(
            ready=all(link.session is not None for _, link in self._links),
            detail="; ".join(f"{mode.name.lower()}: {link.detail}" for mode, link in self._links),
        )

    async def _submit(
        self, body: SubmitSm, check: Callable[[], None], tracked: Tracked
    ) -> SubmitSmResp:
        session = self._transmitter()
        loop = asyncio.get_running_loop()
        try:
            return await session.submit(
                body, check=check, late=lambda answer: self._late(tracked, answer)
            ).asFuture(loop)
        except NotSent as error:
            raise TransportError(str(error), retryable=True) from error
        except AnswerLost as error:
            raise TransportError(str(error), retryable=False, outcome_unknown=True) from error
        except Refused as error:
            raise TransportError(
                str(error),
                retryable=error.status in _TRANSIENT,
                address_refused=error.status in _ADDRESS,
                code=status_name(error.status),
            ) from error
        except EncodeError as error:
            raise TransportError(str(error), retryable=False) from error

    def _transmitter(self) -> SmppSession:
        """The next bound session that may submit, in turn."""
        able = [
            link.session
            for mode, link in self._links
            if mode is not BindMode.RECEIVER and link.session is not None
        ]
        if not able:
            details = "; ".join(link.detail for _, link in self._links)
            raise TransportError(f"no SMPP session is bound: {details}", retryable=True)
        self._turn += 1
        return able[self._turn % len(able)]

    def _taken(self, tracked: Tracked, answer: SubmitSmResp) -> str:
        if not answer.message_id:
            log.warning("smpp.accepted_without_id", message_id=tracked.message_id)
            return ""
        provider_id = self._route.ids.of_response(answer.message_id)
        for report in self._correlator.taken(tracked, provider_id, self._clock.now()):
            self._inbox.put(report)
        return provider_id

    def _late(self, tracked: Tracked, answer: SubmitSmResp) -> None:
        now = self._clock.now()
        self._inbox.put(
            StatusReport(
                message_id=tracked.message_id,
                status=MessageStatus.ACCEPTED,
                at=now,
                provider_id=self._route.ids.of_response(answer.message_id),
                detail="the answer came late",
            )
        )
        self._taken(tracked, answer)

    def _deliver(self, message: DeliverSm, answer: Callable[[int], None]) -> None:
        if self._inbox.is_full:
            answer(Status.RX_T_APPN)
            return
        event = self._event(message, self._clock.now())
        if event is None:
            answer(Status.ROK)
        else:
            self._inbox.put(event, lambda: answer(Status.ROK))

    def _event(self, message: DeliverSm, now: datetime) -> MessageEvent | None:
        receipt = read_receipt(message)
        if receipt is not None:
            if not receipt.provider_id:
                log.warning("smpp.receipt_without_id", detail=receipt.detail)
                return None
            provider_id = self._route.ids.of_receipt(receipt.provider_id)
            return next(iter(self._correlator.receipt(provider_id, receipt, now)), None)
        source, destination = (
            self._route.number(message.source),
            self._route.number(message.destination),
        )
        whole = self._reassembler.add(source, destination, part_of(message), now)
        return None if whole is None else self._inbound(source, destination, *whole, now)

    def _inbound(
        self, source: str, destination: str, octets: bytes, coding: int, now: datetime
    ) -> InboundMessage:
        return InboundMessage(
            channel=Channel.SMS,
            sender=source,
            recipient=destination,
            text=text.decode(octets, coding, self._route.alphabet),
            at=now,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the sessions up inside the block; take leave of the message centre after it."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(link.run()) for _, link in self._links]
            running.append(tasks.create_task(self._keep_house()))
            try:
                yield
            finally:
                await asyncio.gather(*(link.leave() for _, link in self._links))
                for task in running:
                    task.cancel()
                self._inbox.close()

    async def _keep_house(self) -> None:
        while True:
            await self._clock.sleep(_HOUSEKEEPING)
            now = self._clock.now()
            for report in self._correlator.overdue(now):
                self._inbox.put(report)
            for overdue in self._reassembler.overdue(now):
                self._inbox.put(self._inbound(*overdue, now))


@asynccontextmanager
async def open_smpp(
    *,
    reactor: Reactor,
    clock: Clock,
    rng: random.Random,
    host: str,
    port: int,
    tls: IOpenSSLClientConnectionCreator | None = None,
    system_id: str,
    password: str,
    system_type: str = "",
    binds: Sequence[BindMode] = (BindMode.TRANSCEIVER,),
    rate_limit: float | None = None,
    route: Route = _ROUTE,
    options: SessionOptions = _OPTIONS,
    connect_timeout: float = 10.0,
    backoff: Backoff = _BACKOFF,
    resume: Iterable[Accepted] = (),
) -> AsyncIterator[SmppTransport]:
    """An SMPP transport on `reactor`, which must run on the current asyncio loop.

    With `tls` the session is encrypted, and the message centre proves who it is first.
    It connects in the background and again after each loss: `health` tells. One session is opened
    for each of `binds`; `rate_limit` is messages per second over all of them, None for no limit.
    `resume`: messages sent before a restart whose receipts are still to come.
    """
    rate = AdaptiveRate(limit=rate_limit)

    def link(mode: BindMode, deliver: Deliver) -> Link:
        bind = Bind(mode=mode, system_id=system_id, password=password, system_type=system_type)
        return Link(
            reactor=reactor,
            clock=clock,
            rng=rng,
            host=host,
            port=port,
            tls=tls,
            connect_timeout=connect_timeout,
            backoff=backoff,
            new_session=lambda: SmppSession(
                time=reactor, bind=bind, options=options, rate=rate, deliver=deliver
            ),
        )

    transport = SmppTransport(
        clock=clock,
        route=route,
        first_reference=rng.randrange(256),
        resume=resume,
        links=lambda deliver: [(mode, link(mode, deliver)) for mode in binds],
    )
    async with transport.running():
        yield transport
