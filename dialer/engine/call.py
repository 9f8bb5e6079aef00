"""Runs calls: originate, then do what the call state machine says until the call is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from compliance.permit import Permit
from dialer.engine.prompts import Prompts
from dialer.model import attempt
from dialer.model.attempt import (
    Action,
    Arm,
    Call,
    CallPlan,
    HangUp,
    Play,
    Record,
    Signal,
    TimerFired,
)
from dialer.model.call_events import CallEvent, RecordingFinished
from dialer.telephony.port import CallSpec, TelephonyEngine
from scheduler.clock import Clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """A closed call, and the recording that was made of it, not yet sealed."""

    call: Call
    recording: Path | None
    recording_seconds: float


class Calls:
    """All calls of this process over one telephony engine."""

    def __init__(
        self, engine: TelephonyEngine, prompts: Prompts, spool: Path, clock: Clock
    ) -> None:
        self._engine = engine
        self._prompts = prompts
        self._spool = spool
        self._clock = clock
        self._signals: dict[str, asyncio.Queue[Signal]] = {}

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
        signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._signals[spec.call_id] = signals
        try:
            await self._engine.originate(permit, spec)
            return await self._follow(Call(call_id=spec.call_id, plan=plan), signals, language)
        finally:
            del self._signals[spec.call_id]

    async def _follow(
        self, call: Call, signals: asyncio.Queue[Signal], language: str
    ) -> CallReport:
        recording, seconds = None, 0.0
        timers: list[asyncio.Task[None]] = []
        try:
            while call.phase is not attempt.Phase.CLOSED:
                signal = await signals.get()
                if isinstance(signal, RecordingFinished):
                    recording, seconds = Path(signal.path), signal.duration_s
                call, actions = attempt.advance(call, signal)
                for action in actions:
                    if isinstance(action, Arm):
                        timers.append(asyncio.create_task(self._fire(action, signals)))
                    else:
                        await self._do(call.call_id, action, language)
        finally:
            for timer in timers:
                timer.cancel()
        return CallReport(call=call, recording=recording, recording_seconds=seconds)

    async def _do(self, call_id: str, action: Action, language: str) -> None:
        match action:
            case Play(media=name):
                await self._engine.play(call_id, self._prompts.frames(language, name), name=name)
            case Record():
                await self._engine.record(call_id, str(self._spool / f"{call_id}.wav"))
            case HangUp():
                await self._engine.hangup(call_id)

    async def _fire(self, timer: Arm, signals: asyncio.Queue[Signal]) -> None:
        await self._clock.sleep(timer.seconds)
        signals.put_nowait(TimerFired(name=timer.name))

    async def _route(self) -> None:
        async for event in self._engine.events():
            self._deliver(event)

    def _deliver(self, event: CallEvent) -> None:
        signals = self._signals.get(event.call_id)
        if signals is None:
            log.warning("event without a call", call_id=event.call_id, kind=type(event).__name__)
        else:
            signals.put_nowait(event)


@asynccontextmanager
async def open_calls(
    engine: TelephonyEngine, prompts: Prompts, spool: Path, clock: Clock
) -> AsyncIterator[Calls]:
    """Route the engine's events to their calls for as long as the context lives."""
    spool.mkdir(parents=True, exist_ok=True)
    calls = Calls(engine, prompts, spool, clock)
    router = asyncio.create_task(calls._route(), name="call-events")
    try:
        yield calls
    finally:
        router.cancel()
