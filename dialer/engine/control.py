"""Moves campaigns on behalf of supervisors, and tells every console."""

from __future__ import annotations

from dataclasses import dataclass

from dialer.feed.feed import Feed, FeedEvent
from dialer.model.campaign import WrongMove
from dialer.store import campaigns
from dialer.store.database import Database
from scheduler.clock import Clock

MOVES = {"start": campaigns.start, "pause": campaigns.pause, "stop": campaigns.stop}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    db: Database
    feed: Feed
    clock: Clock

    async def campaign(self, campaign_id: str, action: str, by: str) -> str | None:
        """Start, pause or stop a campaign; None, or the reason why it was not done."""
        now = self.clock.now()
        try:
            await MOVES[action](self.db, campaign_id, now=now, by=by)
        except (WrongMove, LookupError) as error:
            return str(error)
        async with self.db.read() as conn:
            state = (await campaigns.load(conn, campaign_id)).state
        data = {"campaign_id": campaign_id, "state": str(state)}
        await self.feed.publish(FeedEvent(topic="campaign", at=now, data=data))
        return None
