"""Reading cases with all that planning and writing to the consumer needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.model.case import Case, CaseId, CaseStatus, PastContact
from dialer.model.consumer import Consumer, ConsumerId
from dialer.store import case_events, tables
from dialer.store.attempts import NOT_SENT
from dialer.store.driver import OneOf, Query, driver
from dialer.store.fact_values import contact_point_from, debt_from


async def load(conn: AsyncConnection, case_ids: Sequence[str]) -> dict[str, Case]:
    """The cases by id, read by one statement; those that are not in the store are left out."""
    rows = await (await driver(conn)).rows(_CASES, {"cases": case_ids})
    people = {row.id: row for row in rows["consumers"]}
    debts = _by("case_id", sorted(rows["debts"], key=attrgetter("position", "debt_ref")))
    points = _by(
        "consumer_id", sorted(rows["points"], key=attrgetter("position", "contact_point_id"))
    )
    zones = _by("consumer_id", rows["zones"])
    past = _by("case_id", [*rows["attempts"], *rows["events"]])
    happened = _by("case_id", sorted(rows["happened"], key=attrgetter("seq")))
    owner = {row.id: row for row in rows["cases"]}
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


def _owner(one_of: OneOf, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the column names a consumer of these cases."""
    cases = tables.cases
    return column.in_(select(cases.c.consumer_id).where(one_of(cases.c.id, "cases")))


def _select_consumers(one_of: OneOf) -> Select[Any]:
    table = tables.consumers
    return select(
        table.c.id,
        table.c.full_name,
        table.c.language,
        table.c.id_last4,
        table.c.country,
        table.c.region,
        table.c.city,
        table.c.postal_code,
        table.c.history_known_from,
    ).where(_owner(one_of, table.c.id))


def _select_points(one_of: OneOf) -> Select[Any]:
    owned, points = tables.consumer_contact_points, tables.contact_points
    return (
        select(owned, points.c.kind, points.c.value)
        .join(points, points.c.id == owned.c.contact_point_id)
        .where(_owner(one_of, owned.c.consumer_id))
    )


def _select_zones(one_of: OneOf) -> Select[Any]:
    table = tables.locations
    return select(table.c.consumer_id, table.c.tz).where(
        _owner(one_of, table.c.consumer_id),
        table.c.superseded_at.is_(None),
        table.c.tz.is_not(None),
    )


def _select_attempts(one_of: OneOf) -> Select[Any]:
    table = tables.attempts
    return select(
        table.c.case_id,
        func.coalesce(table.c.active_at, table.c.reserved_at).label("at"),
        table.c.channel,
        table.c.outcome,
        table.c.campaign_id,
        table.c.step,
        table.c.contact_point_id,
    ).where(one_of(table.c.case_id, "cases"), table.c.outcome != literal_column(f"'{NOT_SENT}'"))


def _select_events(one_of: OneOf) -> Select[Any]:
    """Found by the consumer, for whom there is an index."""
    table = tables.contact_events
    return select(
        table.c.case_id,
        table.c.at,
        table.c.channel,
        table.c.outcome,
        table.c.direction,
        table.c.contact_point_id,
    ).where(_owner(one_of, table.c.consumer_id), one_of(table.c.case_id, "cases"))


_CASES = Query(
    cases=lambda one_of: select(tables.cases).where(one_of(tables.cases.c.id, "cases")),
    consumers=_select_consumers,
    debts=lambda one_of: select(tables.debts).where(one_of(tables.debts.c.case_id, "cases")),
    points=_select_points,
    zones=_select_zones,
    attempts=_select_attempts,
    events=_select_events,
    happened=case_events.select_standing,
)


def _by(key: str, rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, key)].append(row)
    return grouped


def _consumer(row: Any) -> Consumer:
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
    rows: Sequence[Any], points: Sequence[Any], happened: Sequence[Any]
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
    past += [
        PastContact(at=row.at, channel=None, outcome=row.word, direction=None) for row in happened
    ]
    return tuple(sorted(past, key=attrgetter("at")))
