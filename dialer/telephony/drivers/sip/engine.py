"""The embedded SIP engine: calls through trunks, with no server of ours beside this process.

Longer than most modules: it has a method for every operation of the port.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.telephony.drivers.sip.agent import AgentLeg
from dialer.telephony.drivers.sip.bridge import Bridge
from dialer.telephony.drivers.sip.call import Call
from dialer.telephony.drivers.sip.incoming import IncomingCall
from dialer.telephony.drivers.sip.layer import Layer, SipCounters
from dialer.telephony.drivers.sip.leg import Leg, Services
from dialer.telephony.drivers.sip.listening import listen_at, listen_tls_at
from dialer.telephony.drivers.sip.media import MediaCounters, NoPort, PortPool, Ticker
from dialer.telephony.drivers.sip.reactor import Reactor, loop_reactor, pause
from dialer.telephony.drivers.sip.reception import Reception
from dialer.telephony.drivers.sip.registrar import FindPhone, Registrar
from dialer.telephony.drivers.sip.streams import Security
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.drivers.sip.trunk import Trunk, TrunkState
from dialer.telephony.drivers.sip.trunks import Trunks
from dialer.telephony.port import (
    AgentLegSpec,
    CallEvent,
    CallOutcome,
    CallSpec,
    EngineHealth,
    EngineRefused,
    NotConnected,
    OutsideLegSpec,
    Supervision,
    UnknownCall,
)
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Request
from scheduler.clock import Clock

L = TypeVar("L", bound=Leg)

_REMEMBERED = 10_000
"""So many ended call ids are known, so that a repeated originate does not call again."""

_LAST_WORDS = 2.0
"""Seconds at the end for BYE and CANCEL to be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Figures for metrics. `worst_tick_late_s` is the worst lateness of the 20 ms tick so far,
    `ticks_late` how many ticks were late by how many whole milliseconds."""

    live_legs: int
    rtp_ports_taken: int
    transactions: int
    events_waiting: int
    worst_tick_late_s: float
    ticks_late: Mapping[int, int]
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
        security: Security | None,
    ) -> None:
        self.layer = Layer(reactor, timers, self, security)
        self._clock = clock
        self._reactor = reactor
        self._trunks = Trunks(trunks, clock.monotonic)
        self._ports = PortPool(reactor, rtp_interface, rtp_ports)
        self._ticker = Ticker(reactor)
        self._media_counters = MediaCounters()
        self._transfer_to = transfer_to
        self._registrar = Registrar(find_phone, clock.monotonic)
        self._reception = Reception(self._trunks, self._registrar, self._ring)
        self._legs: dict[str, Leg] = {}
        self._by_sip_id: dict[str, Leg] = {}
        self._past: OrderedDict[str, None] = OrderedDict()
        self._events: asyncio.Queue[CallEvent | None] = asyncio.Queue()
        self._dropped = asyncio.Event()  # a leg is no more
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
        def covered() -> None:
            permit.check(channel=Channel.CALL, address=call.number, now=self._clock.now())

        covered()
        await self._place(call, covered)

    async def call_outside(self, leg: OutsideLegSpec) -> None:
        call = CallSpec(
            call_id=leg.leg_id,
            number=leg.number.e164,
            caller_id=leg.caller_id,
            ring_timeout_s=leg.ring_timeout_s,
        )
        await self._place(call, lambda: None)

    async def _place(self, call: CallSpec, covered: Callable[[], None]) -> None:
        """Send the call; `covered` raises NotCovered where it may not be sent any more."""
        if self._seen(call.call_id):
            return
        trunk, wait = self._trunks.choose()
        leg = self._enter(lambda: Call(self._services, call, trunk, self._trunks.other))
        if wait > 0:
            await self._clock.sleep(wait)
            try:
                covered()
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
        if self._reception.closing and not known:
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
        talking = leg in (bridge.consumer, bridge.agent, bridge.guest)
        if talking or leg.bridge not in (None, bridge):
            raise NotConnected(f"{leg_id} talks with another")
        bridge.supervise(leg, how)

    async def consult(self, call_id: str, leg_id: str, music: Sequence[bytes]) -> None:
        bridge, leg = self._bridge(call_id), self._up(leg_id)
        if leg.bridge is not None and leg is not bridge.guest:
            raise NotConnected(f"{leg_id} talks with another")
        if bridge.guest not in (None, leg):
            raise NotConnected(f"{call_id} has a guest already")
        bridge.consult(leg, music)

    async def hand_over(self, call_id: str) -> None:
        bridge = self._bridge(call_id)
        if bridge.guest is None:
            raise NotConnected(f"{call_id} has no guest")
        bridge.hand_over()

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
        return EngineHealth(
            ready=self._trunks.ready and not self._reception.closing,
            detail="closing" if self._reception.closing else self._trunks.detail,
            live_calls=len(self._consumers()),
            max_channels=self._trunks.channels,
        )

    async def drain(self, seconds: float) -> None:
        self._reception.closing = True
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
            ticks_late=dict(self._ticker.lateness),
            sip=self.layer.counters,
            media=self._media_counters,
        )

    async def open(self) -> None:
        """Look for the trunks. OSError for an unknown host."""
        await self._trunks.open(self._reactor, self.layer)

    async def close(self) -> None:
        """End what is left; the stream of events ends too."""
        self._trunks.close()
        self._reception.closing = True
        await self._hang_up_all(_LAST_WORDS / 2)
        end = self._reactor.seconds() + _LAST_WORDS / 2
        while self.layer.asking() and self._reactor.seconds() < end:
            await pause(self._reactor, 0.01)
        self.layer.close()
        while self.layer.streams.live and self._reactor.seconds() < end:
            await pause(self._reactor, 0.01)
        self.layer.streams.abort()
        await self._ports.closed()
        self._events.put_nowait(None)

    # Core: requests from the far side

    def request(self, request: Request, server: Server) -> None:
        leg = self._by_sip_id.get(request.call_id)
        if leg is not None:
            leg.request(request, server)
        else:
            self._reception.request(request, server)

    def _ring(self, invite: Request, server: Server, trunk: TrunkState) -> bool:
        """Let a call that comes in ring; False where there is no room for it."""
        call_id = f"in-{secrets.token_hex(8)}"
        try:
            call = IncomingCall(self._services, call_id, invite, server, trunk)
        except NoPort:
            return False
        self._legs[call_id] = call
        call.start()
        return True

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
    security: Security | None = None,
    tls_port: int | None = None,
    reactor: Reactor | None = None,
    timers: Timers | None = None,
) -> AsyncIterator[SipEngine]:
    """The engine, ready to originate; at the end it hangs up what is left.

    `media_host` is the IPv4 address that the far side is told, for RTP and for SIP where `listen`
    names no address of its own. `find_phone` gives an agent's phone by its name, and
    `transfer_to` are the in-house numbers that a call may be transferred to. A trunk by TLS needs
    `security`; with `tls_port` encrypted connections are taken too, at the host of `listen`.
    Without `reactor` the engine makes one for the running loop; in a process that has installed
    Twisted's asyncio reactor, pass that one. Raises OSError for an address that can't be used,
    Malformed for one that is none, ValueError where TLS lacks what it needs.
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
            security=security,
        )
        number = await listen_at(stack, engine.layer, reactor, host, int(port))
        engine.layer.advertised = (media_host if host == "0.0.0.0" else host, number)
        if tls_port is not None:
            engine.layer.advertised_tls = listen_tls_at(stack, engine.layer, host, tls_port)
        stack.push_async_callback(engine.close)
        await engine.open()
        yield engine
