"""What a call can report of itself: the vocabulary between engines and the call state machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    """`ms` after the answer, and `quiet_ms` after the end of the greeting that was heard.

    `confidence` is 0.5 for a coin's toss and 1 for sure; None where the engine does not say.
    """

    verdict: Machine
    why: str
    ms: int
    quiet_ms: int = 0
    confidence: float | None = None


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
    """A closed two-channel G.711 WAV: left is our side, right the consumer's.

    `error` tells why it is not whole, such as a full disk.
    """

    path: str
    duration_s: float
    bytes: int
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged(CallEvent):
    """This leg and `peer`, another leg's id, hear each other from now on."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbridged(CallEvent):
    """This leg goes on alone: `peer` has ended, or they were parted."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming(CallEvent):
    """Somebody calls us: from `number`, "" where it is withheld, by the number `called`."""

    number: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(CallEvent):
    """The far side's word on a transfer: below 300 the leg ends, with any other it goes on."""

    target: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(CallEvent):
    """`provider_id` holds the carriers' names for the call (SIP Call-IDs), blanks between."""

    outcome: CallOutcome
    sip_code: int | None
    q850: int | None
    reason: str
    hung_up_by: str  # us, them, network
    ringing_seen: bool
    ring_ms: int
    talk_ms: int
    provider_id: str = ""
