"""Inserting many rows at once: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.columns import UtcDateTime

Row = Mapping[str, Any]
_Processor = Callable[[Any], Any]


async def insert_many(conn: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; the others get their server defaults."""
    if not rows:
        return
    columns = list(rows[0])
    tuples = bound(conn.dialect, table, columns, rows)
    if conn.dialect.name == "sqlite":
        names = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join("?" * len(columns))
        await conn.exec_driver_sql(
            f"insert into {table.name} ({names}) values ({places})",  # names of our own tables
            tuples,
        )
        return
    raw = await conn.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(table.name, records=tuples, columns=columns)


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
