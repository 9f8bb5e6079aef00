"""Who works on the floor, when and at what: teams, skills, shifts and the longest times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from dialer.model.agent import AgentId

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRules:
    """Longest times in a state; None: no limit. `breaks` overrides `longest_break` by reason."""

    longest_offer: timedelta = timedelta(seconds=6)
    longest_wrap_up: timedelta | None = timedelta(minutes=3)
    longest_break: timedelta | None = None
    breaks: Mapping[str, timedelta] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an agent may work on: teams, and skills such as `language:es` or `licence:US-FL`."""

    teams: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRule:
    """Working hours that come back every week.

    For one agent, for a team, or for everybody where neither is named. `days` are those on which
    a shift begins, Monday = 0; one whose end is not after its start ends on the next day.
    """

    id: str
    days: frozenset[int]
    starts: time
    ends: time
    zone: str
    agent: str | None = None
    team: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not self.days or not self.days <= frozenset(range(7)):
            raise ValueError(f"days run from 0 (Monday) to 6: {sorted(self.days)}")

    def binds(self, agent: str, teams: frozenset[str]) -> bool:
        if self.agent is not None:
            return self.agent == agent
        return self.team is None or self.team in teams

    def shift_on(self, day: date) -> tuple[datetime, datetime] | None:
        """The shift that begins on that day, where one does."""
        if day.weekday() not in self.days:
            return None
        if self.valid_from is not None and day < self.valid_from:
            return None
        if self.valid_until is not None and day > self.valid_until:
            return None
        zone = ZoneInfo(self.zone)
        last = day if self.ends > self.starts else day + _DAY
        return (
            datetime.combine(day, self.starts, tzinfo=zone),
            datetime.combine(last, self.ends, tzinfo=zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """An agent's hours now. `until`: the end of the shift that runs; None outside of one.

    `bound` is false for an agent whom no shift names: they work whenever they like. `ended` is the
    end of the latest shift, `begins` the start of the next one within a week.
    """

    bound: bool
    until: datetime | None = None
    ended: datetime | None = None
    begins: datetime | None = None

    @property
    def may_work(self) -> bool:
        return not self.bound or self.until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The whole plan of the floor."""

    rules: FloorRules = field(default_factory=FloorRules)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    shifts: tuple[ShiftRule, ...] = ()

    def profile(self, agent: str) -> Profile:
        return self.profiles.get(agent, _NOBODY_IN_PARTICULAR)

    def duty(self, agent: str, now: datetime) -> Duty:
        """An agent's hours. A shift that names the agent takes the place of those of a team."""
        teams = self.profile(agent).teams
        mine = [rule for rule in self.shifts if rule.binds(agent, teams)]
        own = [rule for rule in mine if rule.agent is not None]
        mine = own or [rule for rule in mine if rule.team is not None] or mine
        if not mine:
            return Duty(bound=False)
        spans = sorted(_around(mine, now))
        running = [end for begin, end in spans if begin <= now < end]
        return Duty(
            bound=True,
            until=max(running, default=None),
            ended=max((end for _, end in spans if end <= now), default=None),
            begins=min((begin for begin, _ in spans if begin > now), default=None),
        )

    def over(self, agents: Iterable[AgentId], now: datetime) -> dict[AgentId, Duty]:
        """Those of the agents whose shift is over."""
        duties = {agent: self.duty(agent, now) for agent in agents}
        return {agent: duty for agent, duty in duties.items() if not duty.may_work}


def _around(rules: Iterable[ShiftRule], now: datetime) -> Iterable[tuple[datetime, datetime]]:
    """The shifts from a week ago to a week ahead."""
    for rule in rules:
        today = now.astimezone(ZoneInfo(rule.zone)).date()
        for offset in range(-8, 9):
            span = rule.shift_on(today + offset * _DAY)
            if span is not None:
                yield span


_NOBODY_IN_PARTICULAR = Profile()
