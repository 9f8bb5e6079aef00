"""Starting, pausing and stopping a campaign on behalf of an account."""

from __future__ import annotations

from enum import StrEnum

from dialer.feed.feed import FeedEvent
from dialer.model.campaign import WrongMove
from dialer.store import campaigns
from dialer.web.services import Services


class CampaignAction(StrEnum):
    START = "start"
    PAUSE = "pause"
    STOP = "stop"


_MOVES = {
    CampaignAction.START: campaigns.start,
    CampaignAction.PAUSE: campaigns.pause,
    CampaignAction.STOP: campaigns.stop,
}


async def control(
    services: Services, campaign_id: str, action: CampaignAction, by: str
) -> str | None:
    """Move the campaign and tell the consoles; the reason where its state does not allow it.

    LookupError when there is no such campaign.
    """
    now = services.clock.now()
    try:
        await _MOVES[action](services.db, campaign_id, now=now, by=by)
    except WrongMove as error:
        return str(error)
    await services.feed.publish(
        FeedEvent(topic="campaign", at=now, data={"campaign_id": campaign_id})
    )
    return None
