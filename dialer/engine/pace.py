"""One campaign's pace: its pacer over a shift, what it learns, and the budget that binds it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dialer.engine.budget import Budget
from dialer.engine.desk import Moved
from dialer.engine.lines import Heard, Stages
from dialer.engine.planning import Order
from dialer.engine.voice import AGENTLESS
from dialer.pacing import plan as plans
from dialer.pacing.floor import Team
from dialer.pacing.lists import ListMix
from dialer.pacing.modes import MODES
from dialer.pacing.plan import Counts, Sample, Stance, Standing
from dialer.pacing.snapshot import Pacer, PacerContext, Snapshot
from dialer.store.pacers import PacerState

SHIFT = timedelta(hours=8)
LAST_WORDS = timedelta(seconds=30)
"""So long before its shift's end a pacer is replaced by a fresh one."""
STALE = timedelta(hours=2)
"""What was learned before so long a pause is not taken up again."""
RECENT_S = 1800.0
"""What the forecast takes for the present pace."""
OF_MODE = {"power": ("ratio",), "preview": ("timer",)}
"""Which settings of a campaign its mode takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How calls are placed: seconds of ringing, new calls a second."""

    ring_timeout_s: float
    calls_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A campaign as its supervisor sees it now."""

    campaign_id: str
    name: str
    mode: str
    lines: int
    settings: dict[str, Any]
    stages: Stages
    agents: dict[str, int]
    wanted: int
    why: str
    budget: dict[str, Any]
    pacer: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Pace:
    """How fast one running campaign dials."""

    order: Order
    budget: Budget
    line: Line
    shift_began: datetime
    pacer: Pacer = field(init=False)
    counts: Counts = field(default_factory=Counts)
    sample: Sample = field(default_factory=Sample)
    why: str = ""
    wanted: int = 0
    mix: ListMix | None = field(init=False)
    _past: deque[tuple[float, Counts]] = field(default_factory=deque)
    _elapsed: float = 0.0
    _stages: Stages = field(default_factory=Stages)
    _team: Team | None = None

    def __post_init__(self) -> None:
        self.pacer = self._fresh()
        self.mix = _mix(self.order)

    @property
    def with_agents(self) -> bool:
        return self.order.campaign.mode != AGENTLESS

    def resume(self, kept: PacerState | None, now: datetime) -> None:
        """Take up what a pacer of the same mode had learned in this shift."""
        if kept is None or kept.mode != self.order.campaign.mode or now - kept.saved_at > STALE:
            return
        if now - kept.shift_began_at < SHIFT - LAST_WORDS:
            self.shift_began = kept.shift_began_at
            self.pacer = self._fresh()
            self.pacer.load(dict(kept.state))

    def reorder(self, order: Order) -> None:
        """Take changed settings; what was learned is kept as long as the mode is the same."""
        same = order.campaign.mode == self.order.campaign.mode
        self.order, self.mix = order, _mix(order)
        learned = self.pacer.dump()
        self.pacer = self._fresh()
        if same:
            self.pacer.load(learned)

    def state(self, now: datetime) -> PacerState:
        """What is to survive a restart."""
        return PacerState(
            mode=self.order.campaign.mode,
            shift_began_at=self.shift_began,
            state=self.pacer.dump(),
            saved_at=now,
        )

    def period_start(self, now: datetime) -> datetime:
        """Since when the budget counts."""
        campaign = self.order.campaign
        began = min(campaign.started_at or now, now)
        return plans.period_start(self.budget.rule.period, began, now, ZoneInfo("UTC"))

    def standing(self) -> Standing:
        """Where the budget stands."""
        standing = plans.assess(self.budget.rule, self.counts, self.sample)
        if self.budget.none_allowed and standing.stance is Stance.FREE:
            return replace(
                standing,
                stance=Stance.PROGRESSIVE,
                pacer_cap=0.0,
                reason=f"{self.budget.rule.rule_id}: no call may be abandoned",
            )
        return standing

    def forecast(self) -> float:
        """The abandonment rate at the shift's end, if it goes on as in the last half hour."""
        live, abandoned, spent = self._recent()
        left = max(0.0, SHIFT.total_seconds() - self._elapsed)
        to_come = live / spent * left if spent else 0.0
        recent = abandoned / live if live else 0.0
        standing = self.standing()
        return plans.forecast(standing, self.counts, live_to_come=to_come, recent=recent)

    def _recent(self) -> tuple[int, int, float]:
        """Live and abandoned calls of the last half hour, and the seconds that these took."""
        if not self._past:
            return 0, 0, 0.0
        at, then = self._past[0]
        live = self.counts.live - then.live
        return max(0, live), max(0, self.counts.abandoned - then.abandoned), self._elapsed - at

    def recount(self, counts: Counts, sample: Sample, now: datetime) -> None:
        """Take the budget's counts as they are in the store, and detection's mistakes heard."""
        self.counts, self.sample = counts, sample
        self._elapsed = self._seconds(now)
        self._past.append((self._elapsed, counts))
        while self._elapsed - self._past[0][0] > RECENT_S:
            self._past.popleft()

    def heard(self, event: Heard) -> None:
        self.pacer.observe((self._seconds(event.at), event.kind, event.who, event.value, event.age))

    def moved(self, move: Moved, now: datetime) -> None:
        value = (move.old, move.new)
        self.pacer.observe((self._seconds(now), "agent", move.agent, value, move.age))

    def step(self, now: datetime, stages: Stages, team: Team, room: int) -> int:
        """Lines to dial now, and why so many."""
        if now - self.shift_began >= SHIFT - LAST_WORDS:
            self.shift_began = now
            self.pacer = self._fresh()
            self._past.clear()
        self._stages, self._team = stages, team
        snap = Snapshot(
            ready=team.ready,
            talk=team.talk,
            wrap=team.wrap,
            paused=team.paused,
            ringing=stages.ringing,
            detecting=stages.detecting,
            waiting=stages.waiting,
            room=room,
            live=self.counts.live + stages.talking,
            abandoned=self.counts.abandoned,
        )
        self.wanted = self.pacer.step(self._seconds(now), snap)
        if not self.with_agents:
            self.why = ""
            return self.wanted
        standing = self.standing()
        planned = plans.plan(standing, snap, self.wanted)
        self.why = "" if planned.lines else _why(standing, snap, planned.reason)
        return planned.lines

    def agents(self) -> dict[str, int]:
        """The team by state, in a pacer's words."""
        team = self._team
        return {
            word: 0 if team is None else len(getattr(team, word))
            for word in ("ready", "talk", "wrap", "paused")
        }

    def lines(self) -> dict[str, int]:
        """The campaign's calls by stage."""
        return {
            "ringing": len(self._stages.ringing),
            "detecting": len(self._stages.detecting),
            "waiting": len(self._stages.waiting),
            "talking": self._stages.talking,
        }

    def board(self) -> Board:
        """What the supervisor sees."""
        campaign = self.order.campaign
        return Board(
            campaign_id=campaign.id,
            name=campaign.name,
            mode=campaign.mode,
            lines=campaign.lines,
            settings=dict(campaign.pacing),
            stages=self._stages,
            agents=self.agents(),
            wanted=self.wanted,
            why=self.why,
            budget={
                **self.standing().explain(),
                "cap": self.budget.rule.cap,
                "live": self.counts.live,
                "abandoned": self.counts.abandoned,
                "hung_up": self.counts.hung_up,
                "listened": self.sample.listened,
                "forecast": self.forecast(),
            },
            pacer=self.pacer.explain(),
        )

    def _fresh(self) -> Pacer:
        campaign = self.order.campaign
        ctx = PacerContext(
            cap=self.standing().pacer_cap,
            ring_timeout=self.line.ring_timeout_s,
            shift=SHIFT.total_seconds(),
            lines=campaign.lines,
            cps=self.line.calls_per_second,
        )
        wanted = OF_MODE.get(campaign.mode, ())
        settings = {name: campaign.pacing[name] for name in wanted if name in campaign.pacing}
        return MODES[campaign.mode](ctx, **settings)

    def _seconds(self, at: datetime) -> float:
        return (at.astimezone(UTC) - self.shift_began).total_seconds()


def _mix(order: Order) -> ListMix | None:
    weights = order.campaign.settings.weights
    return ListMix(weights) if weights else None


def _why(standing: Standing, snap: Snapshot, reason: str) -> str:
    """Why nothing is dialed now; "" where all agents have what they need."""
    if standing.stance is Stance.STOP or snap.logged_in == 0:
        return reason
    if not (snap.ready or snap.talk or snap.wrap):
        return "every agent is on a break"
    return "all lines are taken" if snap.room <= 0 else ""
