"""The calls of this process as pacing sees them: by campaign, by stage, with their ages.

A call is claimed (its case is being decided on), launched, answered, judged, and over. What
happens to it is also kept as events, for the pacer of its campaign to learn from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dialer.model.attempt import Call, Phase, Signal
from dialer.model.call_events import Answered, CallOutcome, Ended, Machine
from dialer.pacing.floor import Urgency
from scheduler.clock import Clock

UNANSWERED = frozenset({Phase.DIALING, Phase.RINGING})
DETECTING = frozenset({Phase.DETECTING})
WAITING = frozenset({Phase.AWAITING_AGENT, Phase.OFFERING})
WITH_AGENT = frozenset({Phase.CONNECTING, Phase.TALKING})
FAILURES = frozenset(
    {
        CallOutcome.BUSY,
        CallOutcome.BAD_NUMBER,
        CallOutcome.CONGESTION,
        CallOutcome.NO_ROUTE,
        CallOutcome.AUTH,
        CallOutcome.INCOMPATIBLE,
        CallOutcome.REJECTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Whom a call is for, and how it goes to an agent."""

    call_id: str
    campaign_id: str
    case_id: str
    consumer_id: str
    urgency: Urgency = Urgency.OUTBOUND
    agent: str | None = None  # who promised this callback
    needs: frozenset[str] = frozenset()  # skills that the talk takes
    dialed_by: str | None = None  # the agent who calls the consumer themselves
    recorded_in: str | None = None  # the language of the notice, where the call is recorded

    @property
    def inbound(self) -> bool:
        """Whether the consumer called us."""
        return self.urgency is Urgency.INBOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something that a pacer learns from: `kind` and `value` as in `dialer.pacing.snapshot`."""

    at: datetime
    kind: str
    who: str
    value: object
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """A campaign's calls now; ages in seconds, oldest first. `talking` are with an agent."""

    ringing: tuple[float, ...] = ()
    detecting: tuple[float, ...] = ()
    waiting: tuple[float, ...] = ()
    talking: int = 0


@dataclass(slots=True, kw_only=True)
class _Line:
    errand: Errand
    launched: float
    call: Call | None = None
    since: float  # in this stage
    judged: bool = False
    abandoned: bool = False


@dataclass(slots=True, kw_only=True)
class Lines:
    """Follows calls from the claim to their end."""

    clock: Clock
    _claimed: dict[tuple[str, str], float] = field(default_factory=dict)
    _promised: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _dialed_by: dict[tuple[str, str], str] = field(default_factory=dict)
    _lines: dict[str, _Line] = field(default_factory=dict)
    _heard: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))

    def claimed(self, campaign_id: str, case_ids: Iterable[str]) -> None:
        """Cases whose calls are being decided on: they count as lines already."""
        now = self.clock.monotonic()
        self._claimed.update({(campaign_id, case_id): now for case_id in case_ids})

    def dropped(self, campaign_id: str, case_id: str) -> None:
        """The work on a claimed case is over, whether it came to a call or not."""
        self._claimed.pop((campaign_id, case_id), None)
        self._promised.pop((campaign_id, case_id), None)
        self._dialed_by.pop((campaign_id, case_id), None)

    def dialed(self, campaign_id: str, case_id: str, agent: str) -> None:
        """The case's next call is dialed by this agent, and theirs alone."""
        self._dialed_by[campaign_id, case_id] = agent

    def promised(self, campaign_id: str, case_id: str, agent: str | None) -> None:
        """The case's next call is a callback; `agent` promised it, where it was one in person."""
        self._promised[campaign_id, case_id] = agent

    def launched(
        self,
        call_id: str,
        campaign_id: str,
        case_id: str,
        consumer_id: str,
        *,
        needs: frozenset[str] = frozenset(),
        recorded_in: str | None = None,
    ) -> None:
        """The call is about to be placed; the talk takes these skills."""
        key = (campaign_id, case_id)
        errand = Errand(
            call_id=call_id,
            campaign_id=campaign_id,
            case_id=case_id,
            consumer_id=consumer_id,
            urgency=Urgency.CALLBACK if key in self._promised else Urgency.OUTBOUND,
            agent=self._promised.get(key),
            needs=needs,
            dialed_by=self._dialed_by.get(key),
            recorded_in=recorded_in,
        )
        self.dropped(campaign_id, case_id)
        now = self.clock.monotonic()
        self._lines[call_id] = _Line(errand=errand, launched=now, since=now)
        self._tell(errand, "launch", None, 0.0)

    def arrived(self, errand: Errand) -> None:
        """A consumer calls us. No pacer learns from it: nobody dialed."""
        now = self.clock.monotonic()
        self._lines[errand.call_id] = _Line(errand=errand, launched=now, since=now)

    def over(self, call_id: str) -> None:
        """The call has ended, or was not placed after all."""
        line = self._lines.pop(call_id, None)
        if line is not None and not line.judged:
            self._tell(line.errand, "outcome", "fail", self.clock.monotonic() - line.launched)

    def moved(self, call: Call, signal: Signal) -> None:
        """A call as it stands after a signal."""
        line = self._lines.get(call.call_id)
        if line is None:
            return
        now = self.clock.monotonic()
        before = line.call.phase if line.call is not None else Phase.DIALING
        line.call = call
        if call.phase is not before:
            line.since = now
        age = now - line.launched
        if isinstance(signal, Answered) and before in UNANSWERED:
            self._tell(line.errand, "answer", None, age)
        verdict = _verdict(call, signal)
        if verdict is not None and not line.judged:
            line.judged = True
            self._tell(line.errand, "outcome", verdict, age)
        if call.abandoned and not line.abandoned:
            line.abandoned = True
            self._tell(line.errand, "abandon", None, age)

    def errand(self, call_id: str) -> Errand | None:
        """Whom a call is for; None where the call is not one of a campaign's."""
        line = self._lines.get(call_id)
        return None if line is None else line.errand

    def under_way(self) -> list[str]:
        """The campaigns with calls that may still need an agent."""
        return sorted({line.errand.campaign_id for line in self._lines.values()})

    def stages(self, campaign_id: str) -> Stages:
        """The campaign's calls now."""
        now = self.clock.monotonic()
        ringing = [now - at for (owner, _), at in self._claimed.items() if owner == campaign_id]
        detecting, waiting, talking = [], [], 0
        for line in self._lines.values():
            if line.errand.campaign_id != campaign_id:
                continue
            phase = line.call.phase if line.call is not None else Phase.DIALING
            if phase in UNANSWERED:
                ringing.append(now - line.launched)
            elif phase in DETECTING:
                detecting.append(now - line.since)
            elif phase in WAITING:
                waiting.append(now - line.since)
            elif phase in WITH_AGENT:
                talking += 1
        return Stages(
            ringing=_oldest(ringing),
            detecting=_oldest(detecting),
            waiting=_oldest(waiting),
            talking=talking,
        )

    def heard(self, campaign_id: str) -> list[Heard]:
        """What has happened since this was asked last."""
        return self._heard.pop(campaign_id, [])

    def _tell(self, errand: Errand, kind: str, value: object, age: float) -> None:
        if errand.inbound:
            return
        self._heard[errand.campaign_id].append(
            Heard(at=self.clock.now(), kind=kind, who=errand.call_id, value=value, age=age)
        )


def _oldest(ages: Sequence[float]) -> tuple[float, ...]:
    return tuple(sorted(ages, reverse=True))


def _verdict(call: Call, signal: Signal) -> str | None:
    """What the call turned out to be, once that is known."""
    if call.machine is Machine.MACHINE:
        return "machine"
    if call.machine is not None or (not call.plan.detect_machine and isinstance(signal, Answered)):
        return "human"
    if isinstance(signal, Ended):
        return "fail" if signal.outcome in FAILURES else "noanswer"
    return None
