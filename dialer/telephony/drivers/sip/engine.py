"""The embedded SIP engine: calls through trunks, with no server of ours beside this process."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.telephony.drivers.sip.call import Call, Services
from dialer.telephony.drivers.sip.layer import ALLOWED, Layer, SipCounters, SipPort, tag
from dialer.telephony.drivers.sip.media import MediaCounters, NoPort, PortPool, Ticker
from dialer.telephony.drivers.sip.reactor import Reactor, loop_reactor, pause
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.drivers.sip.trunk import Trunk, TrunkState
from dialer.telephony.drivers.sip.watch import TrunkWatch
from dialer.telephony.port import (
    CallEvent,
    CallOutcome,
    CallSpec,
    EngineHealth,
    EngineRefused,
)
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Headers, Request, reply
from scheduler.clock import Clock

_REMEMBERED = 10_000
"""So many ended call ids are known, so that a repeated originate does not call again."""

_LONGEST_WAIT = 1.0
"""Seconds that `originate` waits for its turn under a trunk's calls per second."""

_LAST_WORDS = 2.0
"""Seconds at the end for BYE and CANCEL to be answered."""


class UnknownCall(LookupError):
    """No call of this id was ever placed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Figures for metrics. `worst_tick_late_s` is the worst lateness of the 20 ms tick so far."""

    live_calls: int
    rtp_ports_taken: int
    transactions: int
    events_waiting: int
    worst_tick_late_s: float
    sip: SipCounters
    media: MediaCounters


class SipEngine:
    """`TelephonyEngine` over SIP and RTP. Made by `open_sip_engine`."""

    def __init__(
        self,
        *,
        trunks: Sequence[Trunk],
        clock: Clock,
        reactor: Reactor,
        timers: Timers,
        rtp_ports: tuple[int, int],
        rtp_interface: str,
        media_host: str,
        writer: ThreadPoolExecutor,
    ) -> None:
        self.layer = Layer(reactor, timers, self)
        self._clock = clock
        self._reactor = reactor
        self._configured = trunks
        self._trunks: list[TrunkState] = []
        self._watches: list[TrunkWatch] = []
        self._ports = PortPool(reactor, rtp_interface, rtp_ports)
        self._ticker = Ticker(reactor)
        self._media_counters = MediaCounters()
        self._calls: dict[str, Call] = {}
        self._by_sip_id: dict[str, Call] = {}
        self._past: OrderedDict[str, None] = OrderedDict()
        self._events: asyncio.Queue[CallEvent | None] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False
        self._services = Services(
            reactor=reactor,
            timers=timers,
            layer=self.layer,
            ports=self._ports,
            ticker=self._ticker,
            media_counters=self._media_counters,
            writer=writer,
            media_host=media_host,
            monotonic=clock.monotonic,
            emit=self._events.put_nowait,
            known_as=self._by_sip_id.__setitem__,
            over=self._over,
            other_trunk=self._other_trunk,
        )

    # TelephonyEngine

    async def originate(self, permit: Permit, call: CallSpec) -> None:
        permit.check(channel=Channel.CALL, address=call.number, now=self._clock.now())
        if call.call_id in self._calls or call.call_id in self._past:
            return
        if self._draining:
            raise EngineRefused("the engine is closing", retryable=True)
        trunk, wait = self._choose(frozenset())
        try:
            leg = Call(self._services, call, trunk)
        except NoPort as full:
            raise EngineRefused(str(full), retryable=True) from full
        self._calls[call.call_id] = leg
        self._idle.clear()
        if wait > 0:
            await self._clock.sleep(wait)
            try:
                permit.check(channel=Channel.CALL, address=call.number, now=self._clock.now())
            except NotCovered:
                leg.discard()
                self._drop(leg)
                raise
        leg.start()

    async def hangup(self, call_id: str) -> None:
        leg = self._find(call_id)
        if leg is not None:
            leg.hangup()

    async def play(self, call_id: str, media: Sequence[bytes], *, name: str) -> None:
        leg = self._find(call_id)
        if leg is not None:
            leg.play(media, name)

    async def stop_play(self, call_id: str) -> None:
        leg = self._find(call_id)
        if leg is not None:
            leg.stop_play()

    async def record(self, call_id: str, path: str) -> None:
        leg = self._find(call_id)
        if leg is not None:
            await leg.record(path)

    async def events(self) -> AsyncIterator[CallEvent]:
        while (event := await self._events.get()) is not None:
            yield event

    async def health(self) -> EngineHealth:
        faults = [fault for trunk in self._trunks if (fault := trunk.fault)]
        ready = not self._draining and len(faults) < len(self._trunks)
        told = "; ".join(faults) or ("ready" if ready else "no trunk is set up")
        return EngineHealth(
            ready=ready,
            detail="closing" if self._draining else told,
            live_calls=len(self._calls),
            max_channels=sum(t.trunk.max_channels for t in self._trunks if not t.fault),
        )

    async def drain(self, seconds: float) -> None:
        self._draining = True
        last_words = min(_LAST_WORDS, seconds / 2)
        await self._until_idle(seconds - last_words)
        await self._hang_up_all(last_words)

    async def _hang_up_all(self, seconds: float) -> None:
        for leg in tuple(self._calls.values()):
            leg.hangup()
        await self._until_idle(seconds)
        for leg in tuple(self._calls.values()):
            leg.abort(CallOutcome.ENGINE_LOST, "the engine was closed")
        await self._until_idle(seconds)

    # More

    def stats(self) -> EngineStats:
        return EngineStats(
            live_calls=len(self._calls),
            rtp_ports_taken=self._ports.taken,
            transactions=self.layer.busy,
            events_waiting=self._events.qsize(),
            worst_tick_late_s=self._ticker.worst_late,
            sip=self.layer.counters,
            media=self._media_counters,
        )

    async def open(self) -> None:
        """Find the trunks' addresses and begin to watch them. OSError for an unknown host."""
        loop = asyncio.get_running_loop()
        for trunk in self._configured:
            found = await loop.getaddrinfo(
                trunk.host, trunk.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
            address = (str(found[0][4][0]), int(found[0][4][1]))
            self._trunks.append(TrunkState(trunk, address, self._clock.monotonic))
        for state in self._trunks:
            watch = TrunkWatch(self._reactor, self.layer, state)
            self._watches.append(watch)
            watch.start()

    async def close(self) -> None:
        """End what is left; the stream of events ends too."""
        for watch in self._watches:
            watch.stop()
        self._draining = True
        await self._hang_up_all(_LAST_WORDS / 2)
        end = self._reactor.seconds() + _LAST_WORDS / 2
        while self.layer.asking() and self._reactor.seconds() < end:
            await pause(self._reactor, 0.01)
        self.layer.close()
        await self._ports.closed()
        self._events.put_nowait(None)

    # Core: requests from the far side

    def request(self, request: Request, server: Server) -> None:
        call = self._by_sip_id.get(request.call_id)
        if call is not None:
            call.request(request, server)
        elif request.method == "OPTIONS":
            headers = (("Allow", ALLOWED), ("Accept", "application/sdp"))
            answer = reply(request, 200, to_tag=tag(), headers=headers, source=server.source)
            server.respond(answer)
        else:
            status = {"INVITE": 480, "BYE": 481, "UPDATE": 481, "INFO": 481, "NOTIFY": 481}.get(
                request.method, 405
            )
            allow: Headers = (("Allow", ALLOWED),) if status == 405 else ()
            server.respond(
                reply(request, status, to_tag=tag(), headers=allow, source=server.source)
            )

    def acknowledged(self, ack: Request) -> None:
        call = self._by_sip_id.get(ack.call_id)
        if call is not None:
            call.acknowledged(ack)

    def fault(self, call_id: str) -> None:
        call = self._by_sip_id.get(call_id)
        if call is not None:
            call.broke()

    # Within

    def _find(self, call_id: str) -> Call | None:
        """The call, or None if it has ended. Raises UnknownCall."""
        leg = self._calls.get(call_id)
        if leg is None and call_id not in self._past:
            raise UnknownCall(call_id)
        return leg

    def _choose(self, without: frozenset[str]) -> tuple[TrunkState, float]:
        reasons = []
        for trunk in self._trunks:
            if trunk.trunk.name in without:
                continue
            why = trunk.why_not()
            wait = trunk.reserve(_LONGEST_WAIT) if why is None else None
            if wait is not None:
                return trunk, wait
            reasons.append(why or f"trunk {trunk.trunk.name}: too many calls per second")
        raise EngineRefused("; ".join(reasons) or "no trunk", retryable=True)

    def _other_trunk(self, without: frozenset[str]) -> TrunkState | None:
        """A trunk that can take the call at once, of those not tried yet."""
        for trunk in self._trunks:
            free = trunk.trunk.name not in without and trunk.why_not() is None
            if free and trunk.reserve(0.0) is not None:
                return trunk
        return None

    def _over(self, call: Call) -> None:
        self._past[call.spec.call_id] = None
        if len(self._past) > _REMEMBERED:
            self._past.popitem(last=False)
        self._drop(call)

    def _drop(self, call: Call) -> None:
        self._calls.pop(call.spec.call_id, None)
        for sip_id in call.sip_ids:
            self._by_sip_id.pop(sip_id, None)
        if not self._calls:
            self._idle.set()

    async def _until_idle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def open_sip_engine(
    *,
    trunks: Sequence[Trunk],
    clock: Clock,
    listen: str = "0.0.0.0:5060",
    rtp_ports: tuple[int, int] = (20_000, 29_999),
    media_host: str = "127.0.0.1",
    reactor: Reactor | None = None,
    timers: Timers | None = None,
) -> AsyncIterator[SipEngine]:
    """The engine, ready to originate; at the end it hangs up what is left.

    `media_host` is the IPv4 address that the far side is told, for RTP and for SIP where `listen`
    names no address of its own. Without `reactor` the engine makes one for the running loop; in a
    process that has installed Twisted's asyncio reactor, pass that one. Raises OSError for an
    address that can't be used and Malformed for one that is none.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise Malformed(f"listen address {listen!r}")
    async with AsyncExitStack() as stack:
        if reactor is None:
            reactor = stack.enter_context(loop_reactor())
        writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="recordings"))
        engine = SipEngine(
            trunks=trunks,
            clock=clock,
            reactor=reactor,
            timers=timers or Timers(),
            rtp_ports=rtp_ports,
            rtp_interface=host,
            media_host=media_host,
            writer=writer,
        )
        socket_: Any = SipPort(int(port), engine.layer, host, reactor)
        socket_.startListening()
        stack.push_async_callback(_close_socket, socket_)
        engine.layer.advertised = (
            media_host if host == "0.0.0.0" else host,
            socket_.getHost().port,
        )
        stack.push_async_callback(engine.close)
        await engine.open()
        yield engine


async def _close_socket(port: Any) -> None:
    await port.stopListening().asFuture(asyncio.get_running_loop())
