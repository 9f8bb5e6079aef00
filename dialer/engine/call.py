"""Runs calls: originate, then do what the call state machine says until the call is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from compliance.permit import Permit
from dialer.engine.prompts import Prompts
from dialer.model import attempt, inbound_call
from dialer.model.attempt import (
    Action,
    AgentFound,
    AgentGone,
    Arm,
    Call,
    CallPlan,
    Connect,
    FindAgent,
    HandedOver,
    HangUp,
    Play,
    Record,
    ReleaseAgent,
    Signal,
    TimerFired,
)
from dialer.model.call_events import Bridged, CallEvent, Incoming, RecordingFinished
from dialer.model.offer import Book, Booked, Hush, StopFinding
from dialer.telephony.port import CallSpec, NotConnected, TelephonyEngine, UnknownCall
from dialer.telephony.wire import g711
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

Booking = Callable[[], Awaitable[Booked]]
"""Keeps a caller's wish to be called back."""

CONNECT_TONE = g711.tone(1000, 0.2, level=0.1)
"""What an agent hears the moment that a consumer is on their line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """A closed call, and the recording that was made of it, not yet sealed.

    `recording_error` tells why it is not whole.
    """

    call: Call
    recording: Path | None
    recording_seconds: float
    recording_error: str | None = None


class AgentPool(Protocol):
    """The agents who are logged in, each on a leg that stays up."""

    def dialing(self, call_id: str) -> bool:
        """Keep the agent who dials this call for it; False where they are not ready any more."""
        ...

    def dialed(self, call_id: str) -> None:
        """The call that an agent dialed is over; who was still kept for it is free again."""
        ...

    async def find(self, call_id: str) -> str:
        """Reserve an agent for this call, as soon as one is ready; the id of their leg."""
        ...

    def missed(self, leg_id: str) -> None:
        """The reserved agent's phone could not be bridged."""
        ...

    def release(self, leg_id: str) -> None:
        """The call that this agent was reserved for is over, or does not need them."""
        ...

    def took_over(self, call_id: str, leg_id: str) -> bool:
        """This leg has taken the agent's place in a call; whether it is an agent's."""
        ...

    def told(self, event: CallEvent) -> None:
        """An event of an agent's leg, or of somebody's whom an agent consults."""
        ...

    def kept(self, call_id: str) -> None:
        """What came of this call is in the store."""
        ...


class CallWatch(Protocol):
    """Whoever counts the calls by what they are doing."""

    def moved(self, call: Call, signal: Signal) -> None:
        """The call as it stands after a signal."""
        ...


class Calls:
    """All calls of this process over one telephony engine."""

    def __init__(
        self,
        engine: TelephonyEngine,
        prompts: Prompts,
        spool: Path,
        clock: Clock,
        *,
        agents: AgentPool | None = None,
        watch: CallWatch | None = None,
    ) -> None:
        self.agents = agents
        self.watch = watch
        self._engine = engine
        self._prompts = prompts
        self._spool = spool
        self._clock = clock
        self._signals: dict[str, asyncio.Queue[Signal]] = {}
        self._arrived: asyncio.Queue[Incoming] = asyncio.Queue()

    async def ready(self) -> str | None:
        """None when calls may be placed now, else the reason why not."""
        health = await self._engine.health()
        return None if health.ready else f"trunk: {health.detail}"

    async def place(
        self, permit: Permit, spec: CallSpec, plan: CallPlan, *, language: str
    ) -> CallReport:
        """Place one call and follow it to its end.

        Raises EngineRefused or NotCovered when nothing was sent.
        """
        call = Call(call_id=spec.call_id, plan=plan)
        return await self._followed(call, self._engine.originate(permit, spec), language)

    async def arrivals(self) -> AsyncIterator[Incoming]:
        """Calls that come in; each rings until it is taken."""
        while True:
            yield await self._arrived.get()

    async def take(
        self, incoming: Incoming, plan: CallPlan, *, language: str, book: Booking
    ) -> CallReport:
        """Answer a call that has come in and follow it to its end. The plan has an offer."""
        call = Call(call_id=incoming.call_id, plan=plan)
        return await self._followed(call, self._engine.answer(call.call_id), language, book)

    async def _followed(
        self,
        call: Call,
        begin: Coroutine[object, object, None],
        language: str,
        book: Booking | None = None,
    ) -> CallReport:
        signals = self._signals.setdefault(call.call_id, asyncio.Queue())
        try:
            await begin
            return await _Follower(self, call, signals, language, book).run()
        finally:
            del self._signals[call.call_id]

    async def do(self, call_id: str, action: Action, language: str) -> None:
        """Do what the state machine asks of the engine."""
        match action:
            case Play(media=name):
                await self._engine.play(call_id, self._prompts.frames(language, name), name=name)
            case Hush():
                await self._engine.stop_play(call_id)
            case Record():
                await self._engine.record(call_id, str(self._spool / f"{call_id}.wav"))
            case HangUp():
                await self._engine.hangup(call_id)
            case Connect(leg_id=leg_id):
                await self._engine.bridge(call_id, leg_id)
                await self._engine.play(leg_id, CONNECT_TONE, name="connect")

    async def pause(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _route(self) -> None:
        async for event in self._engine.events():
            self._deliver(event)

    def _deliver(self, event: CallEvent) -> None:
        signals = self._signals.get(event.call_id)
        if signals is not None:
            signals.put_nowait(event)
        elif isinstance(event, Incoming):
            self._signals[event.call_id] = asyncio.Queue()
            self._arrived.put_nowait(event)
        elif self.agents is not None:
            self.agents.told(event)
        else:
            log.warning("event without a call", call_id=event.call_id, kind=type(event).__name__)


class _Follower:
    """Follows one call: its timers, and the agent that it may have."""

    def __init__(
        self,
        calls: Calls,
        call: Call,
        signals: asyncio.Queue[Signal],
        language: str,
        book: Booking | None,
    ) -> None:
        self._calls = calls
        self._call = call
        self._signals = signals
        self._language = language
        self._book = book
        self._advance = attempt.advance if call.plan.offer is None else inbound_call.advance
        self._tasks: list[asyncio.Task[None]] = []
        self._finding: asyncio.Task[None] | None = None
        self._reserved: set[str] = set()

    async def run(self) -> CallReport:
        recording, seconds, error = None, 0.0, None
        try:
            while self._call.phase is not attempt.Phase.CLOSED:
                signal = await self._signals.get()
                if isinstance(signal, RecordingFinished):
                    recording, seconds = Path(signal.path), signal.duration_s
                    error = signal.error
                if isinstance(signal, Bridged) and signal.peer not in self._reserved:
                    signal = self._handed_over(signal.peer)
                self._call, actions = self._advance(self._call, signal)
                if self._calls.watch is not None:
                    self._calls.watch.moved(self._call, signal)
                for action in actions:
                    await self._do(action)
        finally:
            for task in self._tasks:
                task.cancel()
            for leg_id in tuple(self._reserved):
                self._release(leg_id)
            if self._call.phase is not attempt.Phase.CLOSED:  # our own fault: leave no line up
                await self._calls.do(self._call.call_id, HangUp(), self._language)
        return CallReport(
            call=self._call,
            recording=recording,
            recording_seconds=seconds,
            recording_error=error,
        )

    async def _do(self, action: Action) -> None:
        match action:
            case Arm():
                self._tasks.append(asyncio.create_task(self._fire(action)))
            case FindAgent():
                self._finding = asyncio.create_task(self._find())
                self._tasks.append(self._finding)
            case StopFinding():
                if self._finding is not None:
                    self._finding.cancel()
            case Book() if self._book is not None:
                self._signals.put_nowait(await self._book())
            case ReleaseAgent(leg_id=leg_id):
                self._release(leg_id)
            case Connect(leg_id=leg_id):
                try:
                    await self._calls.do(self._call.call_id, action, self._language)
                except (NotConnected, UnknownCall) as error:
                    log.warning("agent not bridged", leg_id=leg_id, error=str(error))
                    if self._calls.agents is not None:
                        self._calls.agents.missed(leg_id)
                    self._signals.put_nowait(AgentGone(leg_id=leg_id))
            case _:
                await self._calls.do(self._call.call_id, action, self._language)

    async def _fire(self, timer: Arm) -> None:
        await self._calls.pause(timer.seconds)
        self._signals.put_nowait(TimerFired(name=timer.name))

    async def _find(self) -> None:
        if self._calls.agents is not None:
            leg_id = await self._calls.agents.find(self._call.call_id)
            self._reserved.add(leg_id)
            self._signals.put_nowait(AgentFound(leg_id=leg_id))

    def _handed_over(self, leg_id: str) -> HandedOver:
        """The agent has left the talk to the owner of this leg."""
        agents = self._calls.agents
        ours = agents is not None and agents.took_over(self._call.call_id, leg_id)
        for before in tuple(self._reserved):
            self._release(before)
        if ours:
            self._reserved.add(leg_id)
        return HandedOver(to_agent=ours)

    def _release(self, leg_id: str) -> None:
        self._reserved.discard(leg_id)
        if self._calls.agents is not None:
            self._calls.agents.release(leg_id)


@asynccontextmanager
async def open_calls(
    engine: TelephonyEngine,
    prompts: Prompts,
    spool: Path,
    clock: Clock,
    *,
    agents: AgentPool | None = None,
    watch: CallWatch | None = None,
) -> AsyncIterator[Calls]:
    """Route the engine's events to their calls for as long as the context lives."""
    spool.mkdir(parents=True, exist_ok=True)
    calls = Calls(engine, prompts, spool, clock, agents=agents, watch=watch)
    router = asyncio.create_task(calls._route(), name="call-events")
    try:
        yield calls
    finally:
        router.cancel()
