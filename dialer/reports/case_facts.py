"""All rows of one case and its person, read by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports.happenings import SOURCES, Source
from dialer.store import casework_tables as work
from dialer.store import documents, tables
from dialer.store.driver import Make, OneOf, Query, driver

RECENT = 50
"""So much of each sort of history and of the notes is read."""

Rows = Mapping[str, Sequence[Any]]


async def read(conn: AsyncConnection, case_id: str) -> Rows:
    """The rows by name, in no order; those of a sort of happening under the sort's name."""
    return await (await driver(conn)).rows(_CASE, {"case": [case_id]})


def _person(one_of: OneOf) -> ColumnElement[Any]:
    """The id of the case's consumer."""
    cases = tables.cases
    return select(cases.c.consumer_id).where(one_of(cases.c.id, "case")).scalar_subquery()


def _of_case(table: Table) -> Make:
    return lambda one_of: select(table).where(one_of(table.c.case_id, "case"))


def _below(table: Table, key: ColumnElement[Any], owner: Table) -> Make:
    """Rows whose key names a row that the case owns."""
    return lambda one_of: (
        select(table).join(owner, owner.c.id == key).where(one_of(owner.c.case_id, "case"))
    )


def _cases(one_of: OneOf) -> Select[Any]:
    table, people = tables.cases, tables.consumers
    return (
        select(
            table.c.id,
            table.c.case_ref,
            table.c.consumer_id,
            table.c.status,
            table.c.creditor,
            people.c.full_name,
            people.c.language,
            people.c.country,
            people.c.region,
            people.c.city,
        )
        .join(people, people.c.id == table.c.consumer_id)
        .where(one_of(table.c.id, "case"))
    )


def _zones(one_of: OneOf) -> Select[Any]:
    table = tables.locations
    return select(table.c.tz).where(
        table.c.consumer_id == _person(one_of),
        table.c.superseded_at.is_(None),
        table.c.tz.is_not(None),
    )


def _points(one_of: OneOf) -> Select[Any]:
    links, points = tables.consumer_contact_points, tables.contact_points
    return (
        select(links, points.c.kind, points.c.value)
        .join(points, points.c.id == links.c.contact_point_id)
        .where(links.c.consumer_id == _person(one_of))
    )


def _tries(one_of: OneOf) -> Select[Any]:
    """How often which outcome came of each of the person's numbers, and when last."""
    table = tables.attempts
    told = (table.c.case_id, table.c.contact_point_id, table.c.outcome)
    return (
        select(*told, func.count().label("n"), func.max(table.c.reserved_at).label("last_at"))
        .where(table.c.consumer_id == _person(one_of))
        .group_by(*told)
    )


def _own(one_of: OneOf) -> Select[Any]:
    """Contacts that the consumer began; found by the person, for whom there is an index."""
    table = tables.contact_events
    return select(func.count().label("n")).where(
        table.c.consumer_id == _person(one_of),
        one_of(table.c.case_id, "case"),
        table.c.direction == literal_column("'in'"),
    )


def _latest(rows: Select[Any], at: ColumnElement[Any]) -> Select[Any]:
    """The latest of the rows. SQLite's limit has an offset, which would be one more parameter."""
    most: ColumnElement[Any] = literal_column(str(RECENT))
    none: ColumnElement[Any] = literal_column("0")
    return select(rows.order_by(at.desc()).limit(most).offset(none).subquery())


def _happened(source: Source) -> Make:
    return lambda one_of: _latest(source.rows.where(source.person == _person(one_of)), source.at)


def _notes(one_of: OneOf) -> Select[Any]:
    table = work.case_notes
    return _latest(select(table).where(one_of(table.c.case_id, "case")), table.c.at)


def _circumstances(one_of: OneOf) -> Select[Any]:
    table = work.circumstances
    return select(table).where(table.c.consumer_id == _person(one_of), table.c.ended_at.is_(None))


_CASE = Query(
    cases=_cases,
    zones=_zones,
    debts=_of_case(tables.debts),
    parts=_below(work.debt_parts, work.debt_parts.c.debt_id, tables.debts),
    points=_points,
    tries=_tries,
    own=_own,
    payments=_of_case(work.payments),
    lines=_below(work.payment_lines, work.payment_lines.c.payment_id, work.payments),
    promises=_of_case(tables.promises),
    plans=_of_case(work.plans),
    instalments=_below(work.plan_instalments, work.plan_instalments.c.plan_id, work.plans),
    disputes=_of_case(work.disputes),
    steps=_below(work.dispute_steps, work.dispute_steps.c.dispute_id, work.disputes),
    deadlines=_below(work.dispute_deadlines, work.dispute_deadlines.c.dispute_id, work.disputes),
    complaints=_of_case(work.complaints),
    documents=lambda one_of: documents.select_filed().where(
        one_of(work.documents.c.case_id, "case")
    ),
    notes=_notes,
    circumstances=_circumstances,
    **{source.sort: _happened(source) for source in SOURCES},
)
