"""What holds a due call back besides the law and the pace: a filled quota, a skill nobody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dialer.engine.desk import Desk
from dialer.engine.voice import AGENTLESS, skills_of
from dialer.model.campaign import Campaign
from dialer.model.campaign_settings import Quota, QuotaBy, QuotaOf
from dialer.model.case import Case
from dialer.store import quotas
from dialer.store.database import Database

SKILL_PAUSE = timedelta(minutes=1)
"""A case whose talk nobody at work has the skill for is looked at again so soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why the case is not called now, and until when."""

    why: str
    until: datetime


@dataclass(slots=True, kw_only=True)
class Brakes:
    """The quotas of the running campaigns as last counted, and the skills at work.

    A day is one of UTC. Calls are counted to the last one; talks and promises by what is noted, so
    that the calls already under way may overshoot those.
    """

    db: Database
    desk: Desk | None = None
    _reached: dict[str, dict[Quota, int]] = field(default_factory=dict)
    _held: dict[str, str] = field(default_factory=dict)

    async def count(self, campaign: Campaign, now: datetime) -> None:
        """Read how far the campaign's quotas are filled."""
        self._held.pop(campaign.id, None)
        wanted = campaign.settings.quotas
        if not wanted:
            self._reached.pop(campaign.id, None)
            return
        async with self.db.read() as conn:
            found = await quotas.reached(conn, campaign.id, wanted, _midnight(now))
        self._reached[campaign.id] = dict(found)

    def hold(self, campaign: Campaign, case: Case, list_name: str, now: datetime) -> Hold | None:
        """What holds the call back; None lets it go on, and counts it."""
        needs = skills_of(campaign, case)
        agents = self.desk is not None and campaign.mode != AGENTLESS
        if agents and self.desk is not None and not self.desk.could_serve(campaign.id, needs):
            why = f"nobody at work has {', '.join(sorted(needs)) or 'this campaign'}"
            return self._note(campaign, Hold(why=why, until=now + SKILL_PAUSE))
        traits = {
            QuotaBy.REGION: case.consumer.region or "",
            QuotaBy.LIST: list_name,
            QuotaBy.CREDITOR: case.creditor or "",
        }
        reached = self._reached.get(campaign.id, {})
        mine = [quota for quota in reached if traits[quota.by] == quota.value]
        for quota in mine:
            if reached[quota] >= quota.most:
                why = f"the quota of {quota.most} {quota.of} for {quota.by} {quota.value} is filled"
                until = _midnight(now) + timedelta(days=1)
                return self._note(campaign, Hold(why=why, until=until))
        for quota in mine:
            if quota.of is QuotaOf.CALLS:
                reached[quota] += 1
        return None

    def held(self, campaign_id: str) -> str | None:
        """What held a call of the campaign back since the last count."""
        return self._held.get(campaign_id)

    def standing(self, campaign_id: str) -> Mapping[Quota, int]:
        """How far the campaign's quotas are filled."""
        return dict(self._reached.get(campaign_id, {}))

    def _note(self, campaign: Campaign, hold: Hold) -> Hold:
        self._held[campaign.id] = hold.why
        return hold


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
