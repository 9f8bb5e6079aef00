"""What pacers have learned, kept across restarts; what is lost here costs pace, never a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database
from dialer.store.floor_tables import pacer_states


@dataclass(frozen=True, slots=True, kw_only=True)
class PacerState:
    """A pacer's `dump`, and when the shift began from which its seconds count."""

    mode: str
    shift_began_at: datetime
    state: Mapping[str, Any]
    saved_at: datetime


async def save(db: Database, states: Mapping[str, PacerState]) -> None:
    """Keep the states by campaign."""
    if not states:
        return
    rows = [
        {
            "campaign_id": campaign,
            "mode": kept.mode,
            "shift_began_at": kept.shift_began_at,
            "state": dict(kept.state),
            "saved_at": kept.saved_at,
        }
        for campaign, kept in states.items()
    ]
    async with db.write() as conn:
        await conn.execute(delete(pacer_states).where(pacer_states.c.campaign_id.in_(states)))
        await conn.execute(insert(pacer_states), rows)


async def load(conn: AsyncConnection, campaign_id: str) -> PacerState | None:
    """What was kept for a campaign."""
    found = await conn.execute(
        select(pacer_states).where(pacer_states.c.campaign_id == campaign_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return PacerState(
        mode=row.mode,
        shift_began_at=row.shift_began_at,
        state=row.state,
        saved_at=row.saved_at,
    )
