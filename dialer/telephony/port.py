"""The telephony port: what the dialer asks of an engine, and what an engine tells back.

Every operation is idempotent on our own call id. An engine sends exactly one `Ended` for each
originate, `Answered` at most once, and nothing after `Ended`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from compliance.permit import Permit
from dialer.model.call_events import (
    Answered,
    BeepHeard,
    CallEvent,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
    RecordingFinished,
    Ringing,
    Trying,
)

__all__ = [
    "Answered",
    "BeepHeard",
    "CallEvent",
    "CallOutcome",
    "CallSpec",
    "Dtmf",
    "Ended",
    "EngineHealth",
    "EngineRefused",
    "Machine",
    "MachineVerdict",
    "PlayFinished",
    "RecordingFinished",
    "Ringing",
    "TelephonyEngine",
    "Trying",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSpec:
    """A call to place. `number` is E.164; `ring_timeout_s` ends an unanswered call by CANCEL."""

    call_id: str
    number: str
    caller_id: str
    ring_timeout_s: float
    detect_machine: bool = False


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
