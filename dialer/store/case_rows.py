"""What every act on a case needs first: whose it is, with the person held still; the local day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables
from dialer.store.database import lock


class NoSuchCase(LookupError):
    """There is no case of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """Whose a case is, and where the consumer may be."""

    id: str
    case_ref: str
    consumer_id: str
    status: str
    creditor: str | None
    country: str | None
    region: str | None
    zones: tuple[str, ...]

    def today(self, now: datetime) -> date:
        """The earliest date that it may be at the consumer's place: nothing is late before."""
        return earliest_day(self.zones, now)


def earliest_day(zones: Iterable[str], now: datetime) -> date:
    """The earliest date in any of the zones; that of UTC where none is known."""
    days = [now.astimezone(ZoneInfo(name)).date() for name in zones]
    return min(days, default=now.astimezone(UTC).date())


async def hold_case(conn: AsyncConnection, case_id: str) -> CaseRow:
    """The case, with its person held until the transaction ends. Raises NoSuchCase."""
    case = await read_case(conn, case_id)
    await lock(conn, [case.consumer_id])
    return await read_case(conn, case_id)


async def read_case(conn: AsyncConnection, case_id: str) -> CaseRow:
    """The case. Raises NoSuchCase."""
    table, people, places = tables.cases, tables.consumers, tables.locations
    query = (
        select(table, people.c.country, people.c.region)
        .join(people, people.c.id == table.c.consumer_id)
        .where(table.c.id == case_id)
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise NoSuchCase(f"there is no case {case_id}")
    zones = await conn.execute(
        select(places.c.tz)
        .where(
            places.c.consumer_id == row.consumer_id,
            places.c.superseded_at.is_(None),
            places.c.tz.is_not(None),
        )
        .distinct()
        .order_by(places.c.tz)
    )
    return CaseRow(
        id=row.id,
        case_ref=row.case_ref,
        consumer_id=row.consumer_id,
        status=row.status,
        creditor=row.creditor,
        country=row.country,
        region=row.region,
        zones=tuple(zones.scalars()),
    )
