"""The embedded SIP engine: calls through trunks, with no server of ours beside this process."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.telephony.drivers.sip.agent import AgentLeg
from dialer.telephony.drivers.sip.bridge import Bridge
from dialer.telephony.drivers.sip.call import Call
from dialer.telephony.drivers.sip.dialog import dialog_of_request
from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.incoming import IncomingCall
from dialer.telephony.drivers.sip.layer import ALLOWED, Layer, SipCounters, SipPort, tag
from dialer.telephony.drivers.sip.leg import Leg, Services
from dialer.telephony.drivers.sip.media import MediaCounters, NoPort, PortPool, Ticker
from dialer.telephony.drivers.sip.reactor import Reactor, loop_reactor, pause
from dialer.telephony.drivers.sip.registrar import FindPhone, Registrar
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.drivers.sip.trunk import Trunk, TrunkState
from dialer.telephony.drivers.sip.watch import TrunkWatch
from dialer.telephony.port import (
    AgentLegSpec,
    CallEvent,
    CallOutcome,
    CallSpec,
    EngineHealth,
    EngineRefused,
    NotConnected,
    Supervision,
    UnknownCall,
)
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Headers, Request, reply
from scheduler.clock import Clock

L = TypeVar("L", bound=Leg)

_REMEMBERED = 10_000
"""So many ended call ids are known, so that a repeated originate does not call again."""

_LONGEST_WAIT = 1.0
"""Seconds that `originate` waits for its turn under a trunk's calls per second."""

_SCHEMES = frozenset({"sip", "sips", "tel"})
_TRIES = 20
"""Ports that are tried for one that is free for UDP and TCP."""

_LAST_WORDS = 2.0
"""Seconds at the end for BYE and CANCEL to be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Figures for metrics. `worst_tick_late_s` is the worst lateness of the 20 ms tick so far."""

    live_legs: int
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
        find_phone: FindPhone,
        transfer_to: frozenset[str],
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
        self._transfer_to = transfer_to
        self._registrar = Registrar(find_phone, clock.monotonic)
        self._legs: dict[str, Leg] = {}
        self._by_sip_id: dict[str, Leg] = {}
        self._past: OrderedDict[str, None] = OrderedDict()
        self._events: asyncio.Queue[CallEvent | None] = asyncio.Queue()
        self._dropped = asyncio.Event()  # a leg is no more
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
        )

    # TelephonyEngine

    async def originate(self, permit: Permit, call: CallSpec) -> None:
        permit.check(channel=Channel.CALL, address=call.number, now=self._clock.now())
        if self._seen(call.call_id):
            return
        trunk, wait = self._choose(frozenset())
        leg = self._enter(lambda: Call(self._services, call, trunk, self._other_trunk))
        if wait > 0:
            await self._clock.sleep(wait)
            try:
                permit.check(channel=Channel.CALL, address=call.number, now=self._clock.now())
            except NotCovered:
                leg.discard()
                self._drop(leg)
                raise
        leg.start()

    async def connect_agent(self, leg: AgentLegSpec) -> None:
        if self._seen(leg.leg_id):
            return
        binding = self._registrar.where(leg.phone)
        if binding is None:
            raise EngineRefused(f"phone {leg.phone} is not registered", retryable=True)
        self._enter(lambda: AgentLeg(self._services, leg, binding)).start()

    def _seen(self, leg_id: str) -> bool:
        """Whether the leg is there or was. Raises EngineRefused where none is taken any more."""
        known = leg_id in self._legs or leg_id in self._past
        if self._draining and not known:
            raise EngineRefused("the engine is closing", retryable=True)
        return known

    def _enter(self, make: Callable[[], L]) -> L:
        try:
            leg = make()
        except NoPort as full:
            raise EngineRefused(str(full), retryable=True) from full
        self._legs[leg.id] = leg
        return leg

    async def hangup(self, call_id: str) -> None:
        if leg := self._find(call_id):
            leg.hangup()

    async def play(self, call_id: str, media: Sequence[bytes], *, name: str) -> None:
        if leg := self._find(call_id):
            leg.play(media, name)

    async def stop_play(self, call_id: str) -> None:
        if leg := self._find(call_id):
            leg.stop_play()

    async def record(self, call_id: str, path: str) -> None:
        if leg := self._find(call_id):
            await leg.record(path)

    async def pause_recording(self, call_id: str, paused: bool) -> None:
        if leg := self._find(call_id):
            leg.pause_recording(paused)

    async def send_dtmf(self, call_id: str, digits: str) -> None:
        if leg := self._find(call_id):
            for digit in digits:
                leg.media.press(digit)

    async def answer(self, call_id: str) -> None:
        leg = self._find(call_id)
        if isinstance(leg, IncomingCall):
            leg.answer()

    async def transfer(self, call_id: str, target: str) -> None:
        if target not in self._transfer_to:
            raise EngineRefused(f"{target} is no in-house number", retryable=False)
        leg = self._up(call_id)
        if not isinstance(leg, Call | IncomingCall):
            raise NotConnected(f"{call_id} is no consumer's call")
        trunk = leg.trunk.trunk
        leg.transfer(f"sip:{target}@{trunk.host}:{trunk.port}")

    async def bridge(self, call_id: str, leg_id: str) -> None:
        consumer, agent = self._free(call_id, leg_id), self._free(leg_id, call_id)
        if consumer.bridge is None and consumer is not agent:
            Bridge(consumer, agent)

    async def unbridge(self, call_id: str) -> None:
        leg = self._find(call_id)
        if leg is not None and leg.bridge is not None:
            leg.bridge.without(leg)

    async def hold(self, call_id: str, music: Sequence[bytes]) -> None:
        self._bridge(call_id).hold(music)

    async def resume(self, call_id: str) -> None:
        self._bridge(call_id).resume()

    async def mute(self, call_id: str, muted: bool) -> None:
        self._bridge(call_id).mute(muted)

    async def supervise(self, leg_id: str, call_id: str, how: Supervision) -> None:
        bridge, leg = self._bridge(call_id), self._up(leg_id)
        beside = leg.bridge is None or (leg.bridge is bridge and leg is not bridge.agent)
        if not beside or leg is bridge.consumer:
            raise NotConnected(f"{leg_id} talks with another")
        bridge.supervise(leg, how)

    def _up(self, leg_id: str) -> Leg:
        leg = self._find(leg_id)
        if leg is None or not leg.up:
            raise NotConnected(f"{leg_id} is not up")
        return leg

    def _free(self, leg_id: str, other: str) -> Leg:
        """A leg that is up and talks with nobody, or with the other one already."""
        leg = self._up(leg_id)
        joined = leg.bridge and {leg.bridge.consumer.id, leg.bridge.agent.id}
        if joined and joined != {leg_id, other}:
            raise NotConnected(f"{leg_id} talks with another")
        return leg

    def _bridge(self, call_id: str) -> Bridge:
        leg = self._up(call_id)
        if leg.bridge is None:
            raise NotConnected(f"{call_id} is not bridged")
        return leg.bridge

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
            live_calls=len(self._consumers()),
            max_channels=sum(t.trunk.max_channels for t in self._trunks if not t.fault),
        )

    async def drain(self, seconds: float) -> None:
        self._draining = True
        last_words = min(_LAST_WORDS, seconds / 2)
        await self._until_no(self._consumers, seconds - last_words)
        await self._hang_up_all(last_words)

    async def _hang_up_all(self, seconds: float) -> None:
        for leg in self.legs():
            leg.hangup()
        await self._until_no(self.legs, seconds)
        for leg in self.legs():
            leg.abort(CallOutcome.ENGINE_LOST, "the engine was closed")
        await self._until_no(self.legs, seconds)

    # More

    def stats(self) -> EngineStats:
        return EngineStats(
            live_legs=len(self._legs),
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
            address = Address(str(found[0][4][0]), int(found[0][4][1]), trunk.transport)
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
        leg = self._by_sip_id.get(request.call_id)
        if leg is not None:
            leg.request(request, server)
        elif request.uri.partition(":")[0].lower() not in _SCHEMES:
            _reply(request, server, 416)
        elif unknown := [one for one in request.all("Require") if one.lower() != "timer"]:
            _reply(request, server, 420, (("Unsupported", ", ".join(unknown)),))
        elif request.method == "OPTIONS":
            headers = (("Allow", ALLOWED), ("Accept", "application/sdp"))
            _reply(request, server, 200, headers)
        elif request.method == "REGISTER":
            self._registrar.register(request, server)
        elif request.method == "INVITE" and request.to_tag is None:
            self._invited(request, server)
        else:
            self._refuse(request, server)

    def _refuse(self, request: Request, server: Server) -> None:
        """For what belongs to no leg."""
        known = {"INVITE", "BYE", "UPDATE", "INFO", "NOTIFY", "PRACK"}
        status = 481 if request.method in known else 405
        allow: Headers = (("Allow", ALLOWED),) if status == 405 else ()
        _reply(request, server, status, allow)

    def _invited(self, invite: Request, server: Server) -> None:
        """A call from outside: our trunks alone may bring one."""
        trunk = next((t for t in self._trunks if t.brings(server.source.host)), None)
        content = (invite.get("Content-Type") or "application/sdp").partition(";")[0].strip()
        if trunk is None:
            _reply(invite, server, 403)
        elif invite.body and content.lower() != "application/sdp":
            _reply(invite, server, 415, (("Accept", "application/sdp"),))
        elif self._draining or trunk.live >= trunk.trunk.max_channels:
            _reply(invite, server, 503 if self._draining else 486)
        else:
            self._take(invite, server, trunk)

    def _take(self, invite: Request, server: Server, trunk: TrunkState) -> None:
        dialog_of_request(invite, reply(invite, 200))  # one that can't become a call is refused now
        call_id = f"in-{secrets.token_hex(8)}"
        try:
            call = IncomingCall(self._services, call_id, invite, server, trunk)
        except NoPort:
            _reply(invite, server, 486)
            return
        self._legs[call_id] = call
        call.start()

    def acknowledged(self, ack: Request) -> None:
        leg = self._by_sip_id.get(ack.call_id)
        if leg is not None:
            leg.acknowledged(ack)

    def knows(self, call_id: str) -> bool:
        return call_id in self._by_sip_id

    def fault(self, call_id: str) -> None:
        leg = self._by_sip_id.get(call_id)
        if leg is not None:
            leg.broke()

    # Within

    def _find(self, call_id: str) -> Leg | None:
        """The leg, or None if it has ended. Raises UnknownCall."""
        leg = self._legs.get(call_id)
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

    def _over(self, leg: Leg) -> None:
        self._past[leg.id] = None
        if len(self._past) > _REMEMBERED:
            self._past.popitem(last=False)
        self._drop(leg)

    def _drop(self, leg: Leg) -> None:
        self._legs.pop(leg.id, None)
        for sip_id in leg.sip_ids:
            self._by_sip_id.pop(sip_id, None)
        self._dropped.set()

    def legs(self) -> list[Leg]:
        """Every leg that is not over."""
        return list(self._legs.values())

    def _consumers(self) -> list[Leg]:
        return [leg for leg in self._legs.values() if not isinstance(leg, AgentLeg)]

    async def _until_no(self, legs: Callable[[], list[Leg]], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while legs():
                    self._dropped.clear()
                    await self._dropped.wait()
        except TimeoutError:
            return


def _reply(request: Request, server: Server, status: int, headers: Headers = ()) -> None:
    server.respond(reply(request, status, to_tag=tag(), headers=headers, source=server.source))


def _no_phone(name: str) -> None:
    """For an engine without agents."""


@asynccontextmanager
async def open_sip_engine(
    *,
    trunks: Sequence[Trunk],
    clock: Clock,
    listen: str = "0.0.0.0:5060",
    rtp_ports: tuple[int, int] = (20_000, 29_999),
    media_host: str = "127.0.0.1",
    find_phone: FindPhone = _no_phone,
    transfer_to: frozenset[str] = frozenset(),
    reactor: Reactor | None = None,
    timers: Timers | None = None,
) -> AsyncIterator[SipEngine]:
    """The engine, ready to originate; at the end it hangs up what is left.

    `media_host` is the IPv4 address that the far side is told, for RTP and for SIP where `listen`
    names no address of its own. `find_phone` gives an agent's phone by its name, and
    `transfer_to` are the in-house numbers that a call may be transferred to.
    Without `reactor` the engine makes one for the running loop; in a process that has installed
    Twisted's asyncio reactor, pass that one. Raises OSError for an address that can't be used and
    Malformed for one that is none.
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
            find_phone=find_phone,
            transfer_to=transfer_to,
            clock=clock,
            reactor=reactor,
            timers=timers or Timers(),
            rtp_ports=rtp_ports,
            rtp_interface=host,
            media_host=media_host,
            writer=writer,
        )
        number = await _listen(stack, engine.layer, reactor, host, int(port))
        engine.layer.advertised = (media_host if host == "0.0.0.0" else host, number)
        stack.push_async_callback(engine.close)
        await engine.open()
        yield engine


async def _listen(
    stack: AsyncExitStack, layer: Layer, reactor: Reactor, host: str, port: int
) -> int:
    """Listen by UDP and TCP at one port, any that is free for both where `port` is 0."""
    for left in reversed(range(_TRIES if port == 0 else 1)):
        udp: Any = SipPort(port, layer, host, reactor)
        udp.startListening()
        number = int(udp.getHost().port)
        try:
            tcp = layer.streams.listen(number, host)
        except OSError:
            await _close_socket(udp)
            if not left:
                raise
            continue
        stack.push_async_callback(_close_socket, udp)
        stack.push_async_callback(_close_socket, tcp)
        return number
    raise AssertionError("unreachable")


async def _close_socket(port: Any) -> None:
    closing = port.stopListening()
    if closing is not None:
        await closing.asFuture(asyncio.get_running_loop())
