"""The telephony port: what the dialer asks of an engine, and what an engine tells back.

Every operation is idempotent on our own call id. An engine sends exactly one `Ended` for each
originate, `Answered` at most once, and nothing after `Ended`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from compliance.permit import Permit


class CallOutcome(StrEnum):
    """How a call leg ended, as `telephony.causes` reads the far side's answer."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    BAD_NUMBER = "bad_number"
    UNAVAILABLE = "unavailable"
    CONGESTION = "congestion"
    NO_ROUTE = "no_route"
    AUTH = "auth"
    INCOMPATIBLE = "incompatible"
    CANCELLED = "cancelled"
    ENGINE_FAULT = "engine_fault"
    ENGINE_LOST = "engine_lost"


class Machine(StrEnum):
    """The verdict of answering-machine detection."""

    HUMAN = "human"
    MACHINE = "machine"
    NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSpec:
    """A call to place. `number` is E.164; `ring_timeout_s` ends an unanswered call by CANCEL."""

    call_id: str
    number: str
    caller_id: str
    ring_timeout_s: float
    detect_machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Base of all events. `at` is the engine's monotonic time in seconds."""

    call_id: str
    seq: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying(CallEvent):
    """The INVITE is on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing(CallEvent):
    early_media: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(CallEvent):
    """Media may flow from here on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineVerdict(CallEvent):
    verdict: Machine
    why: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BeepHeard(CallEvent):
    """The voicemail's tone has ended: a message may be left now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dtmf(CallEvent):
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayFinished(CallEvent):
    media: str
    completed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFinished(CallEvent):
    """A closed two-channel G.711 WAV: left is our side, right the consumer's."""

    path: str
    duration_s: float
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(CallEvent):
    outcome: CallOutcome
    sip_code: int | None
    q850: int | None
    reason: str
    hung_up_by: str  # us, them, network
    ringing_seen: bool
    ring_ms: int
    talk_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHealth:
    ready: bool
    detail: str
    live_calls: int
    max_channels: int


class EngineRefused(Exception):
    """The engine did not start the call: nothing was sent. `retryable` says if later may do."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class TelephonyEngine(Protocol):
    """One way to place calls: the embedded SIP engine, or Asterisk over ARI."""

    async def originate(self, permit: Permit, call: CallSpec) -> None:
        """Place the call. The permit must cover `call.number` now, or NotCovered is raised.

        Raises EngineRefused when nothing was sent (no trunk, no free channel).
        """
        ...

    async def hangup(self, call_id: str) -> None:
        """End the call: CANCEL before the answer, BYE after it."""
        ...

    async def play(self, call_id: str, media: Sequence[bytes], *, name: str) -> None:
        """Play 20 ms G.711 mu-law frames to the consumer; `PlayFinished` follows."""
        ...

    async def stop_play(self, call_id: str) -> None: ...

    async def record(self, call_id: str, path: str) -> None:
        """Record both directions from now on into a two-channel G.711 WAV at `path`."""
        ...

    def events(self) -> AsyncIterator[CallEvent]:
        """All calls' events, in order per call. One consumer."""
        ...

    async def health(self) -> EngineHealth: ...

    async def drain(self, seconds: float) -> None:
        """Refuse new calls, let live ones end for at most `seconds`, then hang up the rest."""
        ...
