"""One person: what is known now, and everything that happened, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports.happenings import SOURCES, Happening, Source, newest_first
from dialer.store.tables import (
    cases,
    consents,
    consumer_contact_points,
    consumers,
    contact_points,
    holds,
    locations,
    opt_outs,
)

MOST = 500
"""Events of each kind that a history shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A number or address of the person."""

    kind: str
    value: str
    type: str | None
    valid: bool
    wrong_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stop mark, opt-out or consent. `what` is its kind or channel."""

    sort: str  # hold, opt_out, consent
    what: str
    since: datetime | None
    ended_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHistory:
    """All of one person that the auditor's page shows."""

    id: str
    full_name: str
    language: str | None
    country: str | None
    region: str | None
    city: str | None
    zones: tuple[str | None, ...]
    case_refs: tuple[str, ...]
    points: tuple[Point, ...]
    marks: tuple[Mark, ...]
    happenings: tuple[Happening, ...]


async def person_history(
    conn: AsyncConnection,
    consumer_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> PersonHistory | None:
    """The person's page, its events from `since` to before `until`; None if unknown."""
    person = (await conn.execute(select(consumers).where(consumers.c.id == consumer_id))).first()
    if person is None:
        return None
    zones = await conn.execute(
        select(locations.c.tz)
        .where(locations.c.consumer_id == consumer_id, locations.c.superseded_at.is_(None))
        .distinct()
        .order_by(locations.c.tz)
    )
    refs = await conn.execute(
        select(cases.c.case_ref)
        .where(cases.c.consumer_id == consumer_id)
        .order_by(cases.c.case_ref)
    )
    happenings = [
        happening
        for source in SOURCES
        for happening in await _happened(conn, source, consumer_id, since, until)
    ]
    return PersonHistory(
        id=person.id,
        full_name=person.full_name,
        language=person.language,
        country=person.country,
        region=person.region,
        city=person.city,
        zones=tuple(zones.scalars()),
        case_refs=tuple(refs.scalars()),
        points=await _points(conn, consumer_id),
        marks=await _marks(conn, consumer_id),
        happenings=newest_first(happenings),
    )


async def _points(conn: AsyncConnection, consumer_id: str) -> tuple[Point, ...]:
    links = consumer_contact_points
    query = (
        select(
            contact_points.c.kind,
            contact_points.c.value,
            links.c.type,
            links.c.valid,
            links.c.wrong_since,
        )
        .join(links, links.c.contact_point_id == contact_points.c.id)
        .where(links.c.consumer_id == consumer_id)
        .order_by(contact_points.c.kind.desc(), links.c.position, contact_points.c.id)
    )
    return tuple(
        Point(
            kind=row.kind,
            value=row.value,
            type=row.type,
            valid=row.valid,
            wrong_since=row.wrong_since,
        )
        for row in await conn.execute(query)
    )


async def _marks(conn: AsyncConnection, consumer_id: str) -> tuple[Mark, ...]:
    marks = [
        Mark(
            sort="hold",
            what=row.kind,
            since=row.received_at,
            ended_at=row.ends_at or row.resolved_at,
            source=row.source,
        )
        for row in await conn.execute(select(holds).where(holds.c.consumer_id == consumer_id))
    ]
    marks += [
        Mark(
            sort="opt_out",
            what=row.channel,
            since=row.received_at,
            ended_at=row.lifted_at,
            source=row.source,
        )
        for row in await conn.execute(select(opt_outs).where(opt_outs.c.consumer_id == consumer_id))
    ]
    marks += [
        Mark(
            sort="consent",
            what=row.channel or "any",
            since=row.given_at,
            ended_at=row.revoked_at or row.expires_at,
            source=row.source,
        )
        for row in await conn.execute(select(consents).where(consents.c.consumer_id == consumer_id))
    ]
    return tuple(sorted(marks, key=lambda m: (m.sort, m.what)))


async def _happened(
    conn: AsyncConnection,
    source: Source,
    consumer_id: str,
    since: datetime | None,
    until: datetime | None,
) -> list[Happening]:
    query = source.rows.where(source.person == consumer_id)
    if since is not None:
        query = query.where(source.at >= since)
    if until is not None:
        query = query.where(source.at < until)
    rows = await conn.execute(query.order_by(source.at.desc()).limit(MOST))
    return [source.happening(row) for row in rows]
