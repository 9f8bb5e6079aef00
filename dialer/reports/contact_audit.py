"""An independent recount: were caps held and hours kept, by what the store says was placed?

It shares no code with the rule engine on purpose: two readings of the same law have to agree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.attempts import NOT_SENT
from dialer.store.tables import attempts, contact_events, locations

NOT_CONNECTED = frozenset({"busy", "not_in_service", "failed_before_ring"})
UNANSWERED = frozenset({"no_answer", "no_answer_voicemail_available", "unknown", "reserved"})
WEEKLY_CALLS = 7  # 12 CFR 1006.14(b)(2)(i)(A)
DAILY_UNANSWERED = 6  # China Banking Association guideline of 30 January 2026
US_HOURS = (time(8), time(21))  # 12 CFR 1006.6(b)(1)(i)
CN_HOURS = (time(8), time(22))
BEIJING = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One contact that was placed, with the places where its consumer may have been."""

    at: datetime
    consumer_id: str
    contact_point_id: str | None
    channel: str
    outcome: str
    debt: str | None
    ours: bool
    zones: tuple[str, ...]
    countries: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How many of our attempts went over a cap, or outside the hours of a possible place."""

    caps_exceeded: int
    outside_hours: int


def recount(contacts: Iterable[Placed]) -> Audit:
    """Count what should be zero."""
    placed = sorted(contacts, key=lambda contact: contact.at)
    return Audit(
        caps_exceeded=_over_weekly(placed) + _over_daily(placed),
        outside_hours=sum(contact.ours and _outside(contact) for contact in placed),
    )


async def audit(conn: AsyncConnection) -> Audit:
    """Recount the whole store."""
    places: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for row in await conn.execute(
        select(locations.c.consumer_id, locations.c.tz, locations.c.country).where(
            locations.c.superseded_at.is_(None)
        )
    ):
        zones, countries = places[row.consumer_id]
        zones.update({row.tz} - {None})
        countries.update({row.country} - {None})
    own = await conn.execute(
        select(attempts).where(attempts.c.active_at.is_not(None), attempts.c.outcome != NOT_SENT)
    )
    earlier = await conn.execute(select(contact_events).where(contact_events.c.direction == "out"))
    return recount(
        [
            *(
                _placed(dict(row._mapping), row.active_at or row.reserved_at, places, ours=True)
                for row in own
            ),
            *(_placed(dict(row._mapping), row.at, places, ours=False) for row in earlier),
        ]
    )


def _placed(
    row: Mapping[str, object],
    at: datetime,
    places: Mapping[str, tuple[set[str], set[str]]],
    *,
    ours: bool,
) -> Placed:
    consumer = str(row["consumer_id"])
    zones, countries = places[consumer]
    debts = row["debts"]
    debt = row["allotted_debt"] or (debts[0] if isinstance(debts, list) and debts else None)
    point = row["contact_point_id"]
    return Placed(
        at=at,
        consumer_id=consumer,
        contact_point_id=None if point is None else str(point),
        channel=str(row["channel"]),
        outcome=str(row["outcome"]),
        debt=None if debt is None else str(debt),
        ours=ours,
        zones=tuple(sorted(zones)),
        countries=frozenset(countries),
    )


def _over_weekly(placed: Sequence[Placed]) -> int:
    """Our calls that were the eighth or later to one person about one debt in seven days."""
    calls: dict[tuple[str, str | None], list[Placed]] = defaultdict(list)
    for contact in placed:
        if (
            contact.channel == "call"
            and "US" in contact.countries
            and contact.outcome not in NOT_CONNECTED
        ):
            calls[contact.consumer_id, contact.debt].append(contact)
    return sum(
        contact.ours and _eighth(contact, before=[*series[:place], contact])
        for series in calls.values()
        for place, contact in enumerate(series)
    )


def _eighth(contact: Placed, *, before: Sequence[Placed]) -> bool:
    def days(zone: str) -> int:
        last = _local_date(contact.at, zone)
        first = last - timedelta(days=6)
        return sum(first <= _local_date(call.at, zone) <= last for call in before)

    return any(days(zone) > WEEKLY_CALLS for zone in contact.zones)


def _over_daily(placed: Sequence[Placed]) -> int:
    """Our unanswered dials that were the seventh or later to one number on one Chinese day."""
    counts: Counter[tuple[str | None, date]] = Counter()
    over = 0
    for contact in placed:
        if (
            contact.channel == "call"
            and "CN" in contact.countries
            and contact.outcome in UNANSWERED
        ):
            key = contact.contact_point_id, _local_date(contact.at, BEIJING)
            counts[key] += 1
            over += contact.ours and counts[key] > DAILY_UNANSWERED
    return over


def _outside(contact: Placed) -> bool:
    opens, closes = CN_HOURS if contact.countries == {"CN"} else US_HOURS
    return not contact.zones or any(
        not opens <= contact.at.astimezone(ZoneInfo(zone)).time() < closes for zone in contact.zones
    )


def _local_date(at: datetime, zone: str) -> date:
    return at.astimezone(UTC).astimezone(ZoneInfo(zone)).date()
