"""Inserting many rows at once: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.columns import UtcDateTime

Row = Mapping[str, Any]
_Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Bound:
    """Rows as the driver takes them."""

    table: str
    columns: Sequence[str]
    tuples: Sequence[tuple[Any, ...]]


async def insert_many(conn: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; the others get their server defaults."""
    if rows:
        await _insert(conn, _bind(conn.dialect, table, rows))


async def insert_tables(
    conn: AsyncConnection, batches: Iterable[tuple[Table, Sequence[Row]]]
) -> None:
    """Insert into several tables in their order: a table's rows are bound while the driver writes
    those of the one before.
    """
    ready: _Bound | None = None
    for table, rows in batches:
        if not rows:
            continue
        binding = asyncio.to_thread(_bind, conn.dialect, table, rows)
        if ready is None:
            ready = await binding
        else:
            _, ready = await asyncio.gather(_insert(conn, ready), binding)
    if ready is not None:
        await _insert(conn, ready)


def _bind(dialect: Dialect, table: Table, rows: Sequence[Row]) -> _Bound:
    columns = list(rows[0])
    return _Bound(table.name, columns, bound(dialect, table, columns, rows))


async def _insert(conn: AsyncConnection, ready: _Bound) -> None:
    if conn.dialect.name == "sqlite":
        names = ", ".join(f'"{column}"' for column in ready.columns)
        places = ", ".join("?" * len(ready.columns))
        await conn.exec_driver_sql(
            f"insert into {ready.table} ({names}) values ({places})",  # names of our own tables
            list(ready.tuples),
        )
        return
    raw = await conn.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(ready.table, records=ready.tuples, columns=ready.columns)


def bound(
    dialect: Dialect, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> list[tuple[Any, ...]]:
    """The rows' values of these columns, as the driver takes them."""
    processors = [_processor(dialect, table, column) for column in columns]
    return [
        tuple(
            value if process is None or value is None else process(value)
            for process, value in zip(processors, map(row.__getitem__, columns), strict=True)
        )
        for row in rows
    ]


def _processor(dialect: Dialect, table: Table, column: str) -> _Processor | None:
    """How the column's type turns a value into the driver's, instants remembered."""
    kind = table.c[column].type
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None or not isinstance(kind, UtcDateTime):
        return process
    seen: dict[datetime, Any] = {}

    def remembered(value: datetime) -> Any:
        found = seen.get(value)
        if found is None:
            found = seen[value] = process(value)
        return found

    return remembered
