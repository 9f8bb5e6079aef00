"""What the store already has of the people and cases in a chunk of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, HoldKind, LocationKind
from dialer.model.consumer import name_key
from dialer.model.contact_point import PointKind
from dialer.store import tables
from dialer.store.importing.places import Place
from dialer.store.importing.rows import CaseRow

SOURCE = "import"

ROW_COLUMNS = (
    "full_name",
    "language",
    "id_last4",
    "country",
    "region",
    "city",
    "postal_code",
    "address",
)
"""What a row says of the person under the same name."""

PERSON_COLUMNS = (*ROW_COLUMNS, "tcpa_consent", "electronic_consent")
CASE_COLUMNS = ("creditor", "rank", "notes")
DEBT_COLUMNS = (
    "creditor",
    "product",
    "currency",
    "balance_minor",
    "days_past_due",
    "due_date",
)

PointKey = tuple[PointKind, str]


@dataclass(slots=True, kw_only=True)
class Person:
    """A consumer as stored, and as the chunk goes on."""

    id: str
    columns: dict[str, Any]
    points: dict[str, int] = field(default_factory=dict)  # id -> position
    places: set[Place] = field(default_factory=set)
    consents: dict[Channel, list[tuple[str, datetime, datetime | None]]] = field(
        default_factory=dict
    )
    dnc: bool = False
    touched: bool = False  # something changed that may open what was closed


@dataclass(slots=True, kw_only=True)
class KnownCase:
    """A case as stored, with its debts by their own number."""

    id: str
    person: str
    columns: dict[str, Any]
    debts: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Known:
    """Everything that the rows of a chunk may meet."""

    people: dict[str, Person] = field(default_factory=dict)
    cases: dict[str, KnownCase] = field(default_factory=dict)
    points: dict[PointKey, str] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)  # name, point -> person


def point_keys(row: CaseRow) -> list[PointKey]:
    """The row's numbers and address, as contact points are known."""
    keys: list[PointKey] = [(PointKind.PHONE, phone.e164) for phone in row.phones]
    return keys + ([(PointKind.EMAIL, row.email)] if row.email else [])


async def read_known(conn: AsyncConnection, rows: Sequence[CaseRow]) -> Known:
    """Read what these rows may meet, in a fixed number of queries."""
    known = Known()
    cases = tables.cases
    refs = {row.case_ref for row in rows}
    for case in await conn.execute(select(cases).where(cases.c.case_ref.in_(refs))):
        columns = {name: getattr(case, name) for name in CASE_COLUMNS}
        known.cases[case.case_ref] = KnownCase(id=case.id, person=case.consumer_id, columns=columns)
    await _read_debts(conn, known)
    await _read_points(conn, known, rows)
    people = {case.person for case in known.cases.values()} | set(known.owners.values())
    await _read_people(conn, known, people)
    return known


async def _read_debts(conn: AsyncConnection, known: Known) -> None:
    by_id = {case.id: case for case in known.cases.values()}
    debts = tables.debts
    for debt in await conn.execute(select(debts).where(debts.c.case_id.in_(by_id))):
        columns = {name: getattr(debt, name) for name in DEBT_COLUMNS}
        by_id[debt.case_id].debts[debt.debt_ref] = (debt.id, columns)


async def _read_points(conn: AsyncConnection, known: Known, rows: Sequence[CaseRow]) -> None:
    keys = {key for row in rows for key in point_keys(row)}
    points, owned, consumers = (
        tables.contact_points,
        tables.consumer_contact_points,
        tables.consumers,
    )
    for kind in PointKind:
        wanted = [value for key, value in keys if key is kind]
        query = select(points.c.id, points.c.value).where(
            points.c.kind == kind, points.c.value_key.in_(wanted)
        )
        for point in await conn.execute(query):
            known.points[(kind, point.value)] = point.id
    query = (
        select(owned.c.contact_point_id, owned.c.consumer_id, consumers.c.full_name)
        .join(consumers, consumers.c.id == owned.c.consumer_id)
        .where(owned.c.contact_point_id.in_(known.points.values()))
        .order_by(owned.c.consumer_id)
    )
    for row in await conn.execute(query):
        known.owners.setdefault((name_key(row.full_name), row.contact_point_id), row.consumer_id)


async def _read_people(conn: AsyncConnection, known: Known, ids: Iterable[str]) -> None:
    people = known.people
    consumers = tables.consumers
    wanted = sorted(ids)
    for row in await conn.execute(select(consumers).where(consumers.c.id.in_(wanted))):
        columns = {name: getattr(row, name) for name in PERSON_COLUMNS}
        columns["name_key"] = name_key(row.full_name)
        people[row.id] = Person(id=row.id, columns=columns)
    for row in await _of(conn, tables.consumer_contact_points, wanted):
        people[row.consumer_id].points[row.contact_point_id] = row.position
    for row in await _of(conn, tables.locations, wanted):
        if row.superseded_at is None:
            people[row.consumer_id].places.add(_place(row))
    for row in await _of(conn, tables.consents, wanted):
        if row.source == SOURCE and row.channel is not None:
            kept = people[row.consumer_id].consents.setdefault(Channel(row.channel), [])
            kept.append((row.id, row.given_at, row.revoked_at))
    for row in await _of(conn, tables.holds, wanted):
        if row.kind == HoldKind.DNC_GLOBAL and row.resolved_at is None:
            people[row.consumer_id].dnc = True


async def _of(conn: AsyncConnection, table: Table, people: Sequence[str]) -> Sequence[Row[Any]]:
    return (await conn.execute(select(table).where(table.c.consumer_id.in_(people)))).all()


def _place(row: Row[Any]) -> Place:
    return Place(
        kind=LocationKind(row.kind),
        tz=row.tz,
        country=row.country,
        region=row.region,
        city=row.city,
        code=row.code,
        medium=row.medium,
    )
