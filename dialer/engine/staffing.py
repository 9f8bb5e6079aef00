"""Who may take which calls now: the roster put against the campaigns that run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from dialer.model.agent import AgentId
from dialer.model.campaign import Campaign, CampaignId
from dialer.model.campaign_settings import CampaignSettings
from dialer.model.roster import Duty, FloorRules, Roster
from dialer.pacing.floor import Badge

SHIFT_END = "shift-end"
"""The reason of a log-out at the end of the shift."""


class Staffing:
    """The roster, what each agent chose at the log-in, and the campaigns that want agents."""

    def __init__(self, rules: FloorRules) -> None:
        self._roster = Roster(rules=rules)
        self._chosen: dict[AgentId, tuple[CampaignId, ...]] = {}  # empty = all that run
        self._settings: dict[CampaignId, CampaignSettings] = {}
        self._running: tuple[CampaignId, ...] = ()
        self._served: tuple[CampaignId, ...] = ()

    @property
    def rules(self) -> FloorRules:
        return self._roster.rules

    @property
    def running(self) -> frozenset[CampaignId]:
        return frozenset(self._running)

    def plan(self, roster: Roster) -> bool:
        """Take the roster as it is in the store; whether it is another one."""
        changed, self._roster = roster != self._roster, roster
        return changed

    def serve(self, running: Iterable[Campaign], under_way: Iterable[str]) -> bool:
        """Which campaigns want agents now; whether anything changed.

        A call that is `under_way` is taken also where its campaign was paused meanwhile.
        """
        before = (self._served, {c: self._settings.get(c) for c in self._served})
        found = {campaign.id: campaign.settings for campaign in running}
        self._settings |= found
        self._running = tuple(found)
        known = [CampaignId(c) for c in under_way if c in self._settings]
        self._served = tuple(dict.fromkeys((*self._running, *known)))
        return before != (self._served, {c: self._settings[c] for c in self._served})

    def choose(self, agent: AgentId, campaigns: Iterable[str]) -> None:
        """The campaigns that the agent wants, the first one first; none = all that run."""
        self._chosen[agent] = tuple(CampaignId(c) for c in campaigns)

    def badge(self, agent: AgentId) -> Badge:
        """The campaigns whose team and skills the agent has, with their ranks."""
        profile = self._roster.profile(agent)
        chosen = self._chosen.get(agent, ())
        ranks: dict[CampaignId, int] = {}
        for campaign in chosen or self._served:
            wanted = self._settings.get(campaign)
            if wanted is None:
                continue
            if wanted.team is not None and wanted.team not in profile.teams:
                continue
            if profile.skills >= frozenset(wanted.needs):
                ranks[campaign] = chosen.index(campaign) + 1 if chosen else wanted.rank
        return Badge(campaigns=ranks, skills=profile.skills)

    def kept_out(self, agent: AgentId, now: datetime) -> str | None:
        """Why the agent may not log in now; None where they may."""
        duty = self._roster.duty(agent, now)
        if duty.may_work:
            return None
        if duty.begins is None:
            return "you have no shift this week"
        return f"your next shift begins at {self._clock(agent, duty.begins)}"

    def over(self, agents: Iterable[AgentId], now: datetime) -> Mapping[AgentId, str]:
        """Agents whose shift is over, and what each is told."""
        return {
            agent: self._ended(agent, duty)
            for agent, duty in self._roster.over(agents, now).items()
        }

    def duty(self, agent: AgentId, now: datetime) -> Duty:
        return self._roster.duty(agent, now)

    def _ended(self, agent: AgentId, duty: Duty) -> str:
        if duty.ended is None:
            return "Your shift was taken off the calendar."
        return f"Your shift ended at {self._clock(agent, duty.ended)}."

    def _clock(self, agent: AgentId, at: datetime) -> str:
        """An instant on the wall clock that the agent's shifts are written in."""
        teams = self._roster.profile(agent).teams
        rule = next((r for r in self._roster.shifts if r.binds(agent, teams)), None)
        local = at.astimezone(ZoneInfo(rule.zone)) if rule is not None else at
        return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
