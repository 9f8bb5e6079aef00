"""The telephony port: what the dialer asks of an engine, and what an engine tells back.

Every operation is idempotent on our own call id. An engine sends exactly one `Ended` for each leg
that it placed or took, `Answered` at most once, and nothing after `Ended`. Consumer legs and agent
legs share one space of ids; what is done to a leg that has ended does nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from compliance.permit import Permit
from dialer.model.call_events import (
    Answered,
    BeepHeard,
    Bridged,
    CallEvent,
    CallOutcome,
    Dtmf,
    Ended,
    Incoming,
    Machine,
    MachineVerdict,
    PlayFinished,
    RecordingFinished,
    Ringing,
    Transferred,
    Trying,
    Unbridged,
)
from dialer.model.campaign_settings import ListedNumber

__all__ = [
    "AgentLegSpec",
    "Answered",
    "BeepHeard",
    "Bridged",
    "CallEvent",
    "CallOutcome",
    "CallSpec",
    "Dtmf",
    "Ended",
    "EngineHealth",
    "EngineRefused",
    "Incoming",
    "Machine",
    "MachineVerdict",
    "NotConnected",
    "OutsideLegSpec",
    "PlayFinished",
    "RecordingFinished",
    "Ringing",
    "Supervision",
    "TelephonyEngine",
    "Transferred",
    "Trying",
    "Unbridged",
    "UnknownCall",
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
class AgentLegSpec:
    """A leg to an agent's own phone, kept up from log-in to log-out. `phone` is its name."""

    leg_id: str
    phone: str
    ring_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLegSpec:
    """A leg to somebody outside whom an agent consults, such as the creditor's hotline."""

    leg_id: str
    number: ListedNumber
    caller_id: str
    ring_timeout_s: float = 30.0


class Supervision(StrEnum):
    """Who hears a supervisor that is beside a call; the supervisor hears both sides."""

    LISTEN = "listen"  # nobody
    WHISPER = "whisper"  # the agent
    BARGE = "barge"  # both


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


class UnknownCall(LookupError):
    """No leg of this id was ever known here."""


class NotConnected(Exception):
    """The legs can't be joined so: one is not up, or talks with another already."""


class TelephonyEngine(Protocol):
    """One way to place calls: the embedded SIP engine, or Asterisk over ARI."""

    async def originate(self, permit: Permit, call: CallSpec) -> None:
        """Place the call. The permit must cover `call.number` now, or NotCovered is raised.

        Raises EngineRefused when nothing was sent (no trunk, no free channel).
        """
        ...

    async def connect_agent(self, leg: AgentLegSpec) -> None:
        """Call an agent's phone; the leg tells its story as a call does.

        It reaches in-house phones only, so it needs no permit. Raises EngineRefused where the
        phone is not known or not registered.
        """
        ...

    async def call_outside(self, leg: OutsideLegSpec) -> None:
        """Call a number that a campaign's settings list; the leg tells its story as a call does.

        Raises EngineRefused when nothing was sent.
        """
        ...

    async def answer(self, call_id: str) -> None:
        """Take a call that `Incoming` told of; `Answered` follows. `hangup` refuses it."""
        ...

    async def hangup(self, call_id: str) -> None:
        """End the leg: CANCEL before the answer, BYE after it. Raises UnknownCall."""
        ...

    async def play(self, call_id: str, media: Sequence[bytes], *, name: str) -> None:
        """Play 20 ms G.711 mu-law frames to this leg alone; `PlayFinished` follows."""
        ...

    async def stop_play(self, call_id: str) -> None: ...

    async def record(self, call_id: str, path: str) -> None:
        """Record both directions from now on into a two-channel G.711 WAV at `path`."""
        ...

    async def pause_recording(self, call_id: str, paused: bool) -> None:
        """Keep what is said, such as a card number, out of the recording: it holds silence.

        Raises ValueError if the call is not being recorded.
        """
        ...

    async def bridge(self, call_id: str, leg_id: str) -> None:
        """Let a consumer and an agent hear each other; each is told `Bridged`.

        Keys that one side presses reach the other. When one leg ends, the other goes on alone and
        is told `Unbridged`. Raises NotConnected.
        """
        ...

    async def unbridge(self, call_id: str) -> None:
        """Part them again."""
        ...

    async def hold(self, call_id: str, music: Sequence[bytes]) -> None:
        """The bridged consumer hears `music`, over and over; nobody hears the other."""
        ...

    async def resume(self, call_id: str) -> None:
        """End the hold; a guest whom the agent consults then talks with both of them."""
        ...

    async def consult(self, call_id: str, leg_id: str, music: Sequence[bytes]) -> None:
        """Let the agent of a bridged call talk with a third leg while the consumer hears `music`.

        That leg, the guest, is told `Bridged` with the agent. A guest who leaves leaves the
        consumer on hold. An agent who leaves once all three talk is succeeded by the guest, as by
        `hand_over`; one who leaves before that ends it all. Raises NotConnected.
        """
        ...

    async def hand_over(self, call_id: str) -> None:
        """Let the guest take the agent's place: consumer and guest are told `Bridged`.

        The agent is told `Unbridged`. Raises NotConnected where there is no guest.
        """
        ...

    async def mute(self, call_id: str, muted: bool) -> None:
        """Whether the agent's voice is kept from the consumer of this bridged call."""
        ...

    async def send_dtmf(self, call_id: str, digits: str) -> None:
        """Press keys towards this leg. Raises ValueError for one that is none."""
        ...

    async def supervise(self, leg_id: str, call_id: str, how: Supervision) -> None:
        """Put a supervisor's leg beside a bridged call, or change how. Raises NotConnected.

        `unbridge(leg_id)` takes it away again.
        """
        ...

    async def transfer(self, call_id: str, target: str) -> None:
        """Let the trunk connect the consumer with `target` in our place; `Transferred` follows.

        Only in-house numbers that the engine was told of can be a target: nobody else is called
        without a permit. Raises EngineRefused for another, NotConnected for a call not up.
        """
        ...

    def events(self) -> AsyncIterator[CallEvent]:
        """All calls' events, in order per call. One consumer."""
        ...

    async def health(self) -> EngineHealth: ...

    async def drain(self, seconds: float) -> None:
        """Refuse new calls, let live ones end for at most `seconds`, then hang up the rest."""
        ...
