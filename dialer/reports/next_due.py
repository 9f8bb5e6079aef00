"""When the waiting cases of campaigns become due, and which rule put them off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import campaign_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Cases of one campaign that wait for one rule, or for their strategy (None)."""

    rule: str | None
    cases: int
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What one campaign waits for: `put_off` is the first due one first."""

    put_off: tuple[PutOff, ...] = field(default=())
    held: int = 0  # until an event about the consumer wakes them


async def ahead_of(
    conn: AsyncConnection, campaign_ids: Collection[str], now: datetime
) -> Mapping[str, Ahead]:
    """What each of these campaigns waits for; nothing of one without waiting or held cases."""
    table = campaign_cases
    ours = table.c.campaign_id.in_(sorted(campaign_ids))
    first_at = func.min(table.c.next_at)
    waiting = await conn.execute(
        select(
            table.c.campaign_id,
            table.c.last_rule,
            func.count().label("cases"),
            first_at.label("first_at"),
        )
        .where(ours, table.c.state == "due", table.c.next_at > now)
        .group_by(table.c.campaign_id, table.c.last_rule)
        .order_by(first_at, table.c.last_rule)
    )
    put_off: dict[str, list[PutOff]] = defaultdict(list)
    for row in waiting:
        put_off[row.campaign_id].append(
            PutOff(rule=row.last_rule, cases=row.cases, first_at=row.first_at)
        )
    held = await conn.execute(
        select(table.c.campaign_id, func.count().label("cases"))
        .where(ours, table.c.state == "held")
        .group_by(table.c.campaign_id)
    )
    counts = {row.campaign_id: row.cases for row in held}
    return {
        ident: Ahead(put_off=tuple(put_off.get(ident, ())), held=counts.get(ident, 0))
        for ident in put_off.keys() | counts.keys()
    }
