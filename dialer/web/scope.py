"""Which campaigns an account sees: an agent those of their teams and those of every team."""

from __future__ import annotations

from fastapi import Request

from dialer.store import campaigns, roster
from dialer.store.accounts import Actor, Role
from dialer.web.auth import services_of


async def seen_by(request: Request, actor: Actor) -> frozenset[str] | None:
    """The ids of the campaigns that the actor sees; None = all of them."""
    if actor.role is not Role.AGENT:
        return None
    async with services_of(request).db.read() as conn:
        teams = (await roster.read(conn)).profile(actor.name).teams
        known = await campaigns.list_all(conn)
    return frozenset(
        campaign.id
        for campaign in known
        if campaign.settings.team is None or campaign.settings.team in teams
    )
