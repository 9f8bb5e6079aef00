"""What an account sees: an agent the campaigns of their teams and of every team, with the cases."""

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


async def sees_case(request: Request, actor: Actor, case_id: str) -> bool:
    """Whether the actor sees a case: an agent one of their campaigns, of none, or on their desk."""
    seen = await seen_by(request, actor)
    services = services_of(request)
    if seen is None or (
        services.floor is not None and services.floor.desk.has(actor.name, case_id)
    ):
        return True
    async with services.db.read() as conn:
        theirs = await campaigns.of_case(conn, case_id)
    return not theirs or bool(theirs & seen)
