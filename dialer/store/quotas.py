"""How far a campaign's quotas are filled since an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.campaign_settings import Quota, QuotaBy, QuotaOf
from dialer.store.abandonment import LIVE
from dialer.store.attempts import NOT_SENT
from dialer.store.tables import attempts, campaign_cases, cases, consumers, promises

TALKS = tuple(word for word in LIVE if word not in ("abandoned", "wrong_number", "third_party"))


async def reached(
    conn: AsyncConnection, campaign_id: str, quotas: Sequence[Quota], since: datetime
) -> Mapping[Quota, int]:
    """What each quota has reached since then; open calls count as calls."""
    found: dict[Quota, int] = {}
    for of in {quota.of for quota in quotas}:
        for by in {quota.by for quota in quotas if quota.of is of}:
            counts = await _counts(conn, campaign_id, by, of, since)
            for quota in quotas:
                if (quota.by, quota.of) == (by, of):
                    found[quota] = counts.get(quota.value, 0)
    return found


async def _counts(
    conn: AsyncConnection, campaign_id: str, by: QuotaBy, of: QuotaOf, since: datetime
) -> dict[str, int]:
    column = _COLUMNS[by]
    query: Select[Any] = (
        select(column, func.count())
        .select_from(attempts)
        .join(cases, cases.c.id == attempts.c.case_id)
        .join(consumers, consumers.c.id == attempts.c.consumer_id)
        .join(
            campaign_cases,
            (campaign_cases.c.case_id == attempts.c.case_id)
            & (campaign_cases.c.campaign_id == attempts.c.campaign_id),
        )
        .where(attempts.c.campaign_id == campaign_id, attempts.c.reserved_at >= since)
        .where(attempts.c.channel == "call")
        .group_by(column)
    )
    if of is QuotaOf.CALLS:
        query = query.where(attempts.c.outcome != NOT_SENT)
    elif of is QuotaOf.CONVERSATIONS:
        query = query.where(attempts.c.outcome.in_(TALKS))
    else:
        query = query.join(promises, promises.c.attempt_id == attempts.c.id)
    return {row[0] or "": row[1] for row in await conn.execute(query)}


_COLUMNS: Mapping[QuotaBy, ColumnElement[Any]] = {
    QuotaBy.REGION: consumers.c.region,
    QuotaBy.LIST: campaign_cases.c.list_name,
    QuotaBy.CREDITOR: cases.c.creditor,
}
