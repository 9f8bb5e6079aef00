"""Every row of the store that is about one person, found by the tables' own references.

A row is the person's if it names them, or if it belongs to a row that is. What several people
share (a campaign, an article, a number) belongs to nobody; the person's own numbers are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import casework_tables, floor_tables, tables


class NobodyThere(LookupError):
    """There is no such person in the store."""


_LOADED = (tables, casework_tables, floor_tables)
PERSON = "consumer_id"
_AT_ONCE = 500


async def rows_of(conn: AsyncConnection, consumer_id: str) -> Mapping[Table, Sequence[Row[Any]]]:
    """The person's rows by table. Raises NobodyThere."""
    people = tables.consumers
    found: dict[Table, Sequence[Row[Any]]] = {
        people: await _select(conn, people, people.c.id == consumer_id)
    }
    if not found[people]:
        raise NobodyThere(f"there is no person {consumer_id}")
    for table in tables.metadata.sorted_tables:
        if table is people or table is tables.ledger:
            continue
        owned = await _owned(conn, table, consumer_id, found)
        if owned:
            found[table] = owned
    links = found.get(tables.consumer_contact_points, ())
    points = tables.contact_points
    mine = [link.contact_point_id for link in links]
    found[points] = await _select(conn, points, points.c.id.in_(mine))
    ledger = tables.ledger
    found[ledger] = await _select(conn, ledger, ledger.c.subject == consumer_id)
    return {table: rows for table, rows in found.items() if rows}


async def _owned(
    conn: AsyncConnection,
    table: Table,
    consumer_id: str,
    found: Mapping[Table, Sequence[Row[Any]]],
) -> Sequence[Row[Any]]:
    if PERSON in table.c:
        return await _select(conn, table, table.c[PERSON] == consumer_id)
    belongs: list[ColumnElement[bool]] = []
    for key in table.foreign_keys:
        owner = found.get(key.column.table)
        if owner:
            values = [getattr(row, key.column.name) for row in owner]
            belongs += [
                key.parent.in_(values[start : start + _AT_ONCE])
                for start in range(0, len(values), _AT_ONCE)
            ]
    return await _select(conn, table, or_(*belongs)) if belongs else ()


async def _select(
    conn: AsyncConnection, table: Table, where: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    query = select(table).where(where).order_by(*table.primary_key.columns)
    return (await conn.execute(query)).all()
