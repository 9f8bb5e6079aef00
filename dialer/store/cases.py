"""Reading cases with all that planning and writing to the consumer needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.model.case import Case, CaseId, CaseStatus, PastContact
from dialer.model.consumer import Consumer, ConsumerId
from dialer.store import case_events, tables
from dialer.store.attempts import NOT_SENT
from dialer.store.fact_values import contact_point_from, debt_from


async def load(conn: AsyncConnection, case_ids: Sequence[str]) -> dict[str, Case]:
    """The cases by id; those that are not in the store are left out."""
    cases, consumers = tables.cases, tables.consumers
    people = {row.id: row for row in await _about(conn, select(consumers), case_ids)}
    owner = {
        row.id: row for row in await conn.execute(select(cases).where(cases.c.id.in_(case_ids)))
    }
    debts = _by("case_id", await _debts(conn, case_ids))
    points = _by("consumer_id", await _points(conn, case_ids))
    zones = _by("consumer_id", await _about(conn, _current_zones(), case_ids, tables.locations))
    past = await _past(conn, case_ids)
    happened = await case_events.history(conn, case_ids)
    return {
        ident: Case(
            id=CaseId(ident),
            case_ref=row.case_ref,
            status=CaseStatus(row.status),
            creditor=row.creditor,
            rank=row.rank,
            consumer=_consumer(people[row.consumer_id]),
            debts=tuple(debt_from(debt) for debt in debts[ident]),
            contact_points=tuple(contact_point_from(p) for p in points[row.consumer_id]),
            zones=tuple(sorted({zone.tz for zone in zones[row.consumer_id]})),
            history=_history(past[ident], points[row.consumer_id], happened[ident]),
        )
        for ident, row in owner.items()
    }


async def find(conn: AsyncConnection, case_ref: str) -> CaseId | None:
    """The case with the creditor's own number."""
    table = tables.cases
    found = await conn.execute(select(table.c.id).where(table.c.case_ref == case_ref))
    ident = found.scalar_one_or_none()
    return None if ident is None else CaseId(ident)


async def _about(
    conn: AsyncConnection, query: Select[Any], case_ids: Sequence[str], table: Any = None
) -> Sequence[Row[Any]]:
    """Rows about the consumers of these cases."""
    key = tables.consumers.c.id if table is None else table.c.consumer_id
    owners = select(tables.cases.c.consumer_id).where(tables.cases.c.id.in_(case_ids))
    return (await conn.execute(query.where(key.in_(owners)))).all()


def _current_zones() -> Select[Any]:
    table = tables.locations
    return select(table.c.consumer_id, table.c.tz).where(
        table.c.superseded_at.is_(None), table.c.tz.is_not(None)
    )


async def _debts(conn: AsyncConnection, case_ids: Sequence[str]) -> Sequence[Row[Any]]:
    table = tables.debts
    query = select(table).where(table.c.case_id.in_(case_ids))
    return (await conn.execute(query.order_by(table.c.position, table.c.debt_ref))).all()


async def _points(conn: AsyncConnection, case_ids: Sequence[str]) -> Sequence[Row[Any]]:
    owned, points = tables.consumer_contact_points, tables.contact_points
    query = (
        select(owned, points.c.kind, points.c.value)
        .join(points, points.c.id == owned.c.contact_point_id)
        .order_by(owned.c.position, points.c.id)
    )
    return await _about(conn, query, case_ids, owned)


async def _past(conn: AsyncConnection, case_ids: Sequence[str]) -> Mapping[str, list[Row[Any]]]:
    table, events = tables.attempts, tables.contact_events
    began = func.coalesce(table.c.active_at, table.c.reserved_at).label("at")
    ours = await conn.execute(
        select(
            table.c.case_id,
            began,
            table.c.channel,
            table.c.outcome,
            table.c.campaign_id,
            table.c.step,
            table.c.contact_point_id,
        ).where(table.c.case_id.in_(case_ids), table.c.outcome != NOT_SENT)
    )
    theirs = await conn.execute(
        select(
            events.c.case_id,
            events.c.at,
            events.c.channel,
            events.c.outcome,
            events.c.direction,
            events.c.contact_point_id,
        ).where(events.c.case_id.in_(case_ids))
    )
    return _by("case_id", [*ours.all(), *theirs.all()])


def _by(key: str, rows: Iterable[Row[Any]]) -> Mapping[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, key)].append(row)
    return grouped


def _consumer(row: Row[Any]) -> Consumer:
    return Consumer(
        id=ConsumerId(row.id),
        full_name=row.full_name,
        language=row.language,
        id_last4=row.id_last4,
        country=row.country,
        region=row.region,
        city=row.city,
        postal_code=row.postal_code,
        history_known_from=row.history_known_from,
    )


def _history(
    rows: Sequence[Row[Any]], points: Sequence[Row[Any]], happened: Sequence[PastContact]
) -> tuple[PastContact, ...]:
    positions = {point.contact_point_id: point.position for point in points}
    past = [
        PastContact(
            at=row.at,
            channel=Channel(row.channel),
            outcome=row.outcome,
            direction=getattr(row, "direction", "out"),
            campaign_id=getattr(row, "campaign_id", None),
            step=getattr(row, "step", None),
            position=positions.get(row.contact_point_id),
        )
        for row in rows
    ]
    return tuple(sorted([*past, *happened], key=lambda entry: entry.at))
