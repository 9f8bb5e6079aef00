"""What the campaign loop of each worker said last, so that others need not ask the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database
from dialer.store.floor_tables import loop_reports


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """One campaign as a worker's loop left it at `at`."""

    worker: str
    campaign_id: str
    at: datetime
    report: Mapping[str, Any]


async def save(
    db: Database, worker: str, reports: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Put the reports by campaign in the place of this worker's last ones."""
    rows = [
        {"worker": worker, "campaign_id": campaign, "report": dict(report), "at": now}
        for campaign, report in reports.items()
    ]
    async with db.write() as conn:
        await conn.execute(delete(loop_reports).where(loop_reports.c.worker == worker))
        if rows:
            await conn.execute(insert(loop_reports), rows)


async def read(conn: AsyncConnection) -> list[LoopReport]:
    """The last report of every worker, newest first."""
    found = await conn.execute(select(loop_reports).order_by(loop_reports.c.at.desc()))
    return [
        LoopReport(worker=row.worker, campaign_id=row.campaign_id, at=row.at, report=row.report)
        for row in found.all()
    ]
