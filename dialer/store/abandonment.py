"""What a campaign's period holds of live answers, abandoned calls and calls hung up as machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables

LIVE = (
    "conversation",
    "conversation_general",
    "conversation_refused",
    "wrong_number",
    "third_party",
    "abandoned",
)
"""Outcomes of calls that a person answered and did not leave before it was decided.

A person who hangs up before their two seconds are over is left out of both sides of the rate:
that can only make it higher.
"""
HUNG_UP = ("voicemail_message", "voicemail_no_message", "voicemail_limited_content")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """Calls of one campaign since an instant."""

    live: int
    abandoned: int
    hung_up: int


async def answers(conn: AsyncConnection, campaign_id: str, since: datetime) -> AnswerCounts:
    """Count the closed calls with agents that were reserved since `since`."""
    table = tables.attempts
    found = await conn.execute(
        select(table.c.outcome, func.count())
        .where(
            table.c.campaign_id == campaign_id,
            table.c.reserved_at >= since,
            table.c.channel == "call",
            table.c.mode.in_(("predictive", "agent_dialled")),
        )
        .group_by(table.c.outcome)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in found.all()}
    return AnswerCounts(
        live=sum(counts.get(word, 0) for word in LIVE),
        abandoned=counts.get("abandoned", 0),
        hung_up=sum(counts.get(word, 0) for word in HUNG_UP),
    )


async def countries(conn: AsyncConnection, campaign_id: str) -> frozenset[str]:
    """The countries of the people whose cases are in the campaign."""
    listed, cases, places = tables.campaign_cases, tables.cases, tables.locations
    found = await conn.execute(
        select(places.c.country)
        .join(cases, cases.c.consumer_id == places.c.consumer_id)
        .join(listed, listed.c.case_id == cases.c.id)
        .where(
            listed.c.campaign_id == campaign_id,
            places.c.superseded_at.is_(None),
            places.c.country.is_not(None),
        )
        .distinct()
    )
    return frozenset(found.scalars())
