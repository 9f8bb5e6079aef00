"""Attempts and refusals minute by minute, for the chart of the last hour."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, String, cast, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import attempts, decisions

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What began in one minute."""

    at: datetime
    call: int
    sms: int
    email: int
    refused: int


async def pulse(conn: AsyncConnection, *, now: datetime, minutes: int = 60) -> list[Minute]:
    """The last `minutes` minutes up to the present one, oldest first, with the empty ones."""
    last = now.astimezone(UTC).replace(second=0, microsecond=0)
    first = last - (minutes - 1) * MINUTE
    made = await _by_minute(conn, attempts.c.reserved_at, attempts.c.channel, first)
    refused_minute = _minute(conn, decisions.c.decided_at).label("minute")
    refused = await conn.execute(
        select(refused_minute, func.count().label("total"))
        .where(decisions.c.decided_at >= first, decisions.c.allowed == false())
        .group_by(refused_minute)
    )
    refusals = {row.minute: row.total for row in refused}
    found = []
    for n in range(minutes):
        at = first + n * MINUTE
        key = at.strftime("%Y-%m-%d %H:%M")
        found.append(
            Minute(
                at=at,
                call=made[key, "call"],
                sms=made[key, "sms"],
                email=made[key, "email"],
                refused=refusals.get(key, 0),
            )
        )
    return found


async def _by_minute(
    conn: AsyncConnection, at: Column[datetime], channel: Column[str], first: datetime
) -> defaultdict[tuple[str, str], int]:
    minute = _minute(conn, at).label("minute")
    rows = await conn.execute(
        select(minute, channel.label("channel"), func.count().label("total"))
        .where(at >= first)
        .group_by(minute, channel)
    )
    made: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        made[row.minute, row.channel] = row.total
    return made


def _minute(conn: AsyncConnection, at: Column[datetime]) -> ColumnElement[str]:
    """The instant's minute in UTC as text, such as `2026-11-24 17:05`."""
    if conn.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M", at, type_=String)
    return cast(func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24:MI"), String)
