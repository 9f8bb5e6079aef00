"""After a rotation of keys: what older keys sealed is sealed anew, some rows at a time.

Each batch is one transaction, so that it may be stopped at any moment; what is done is known by
the key's id at the head of every value, and the next run goes on with the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.casework_tables import documents
from dialer.store.database import Database
from dialer.store.sealing import Sealed, SealedBytes, SealedJson, key_prefix, keys_of

BATCH = 500
SEALED = Sealed | SealedJson | SealedBytes
_METADATA = documents.metadata  # of all tables, those of case work with them

Progress = Callable[[str, int], None]
"""`progress(table, rows)`: so many more rows of the table are done."""


def sealed_columns() -> Mapping[Table, Sequence[Column[Any]]]:
    """Every column that is sealed, by table."""
    found = {
        table: [column for column in table.columns if isinstance(column.type, SEALED)]
        for table in _METADATA.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


async def reseal(db: Database, progress: Progress) -> int:
    """Seal under the newest key whatever an older one sealed. How many rows that were."""
    done = 0
    for table, columns in sealed_columns().items():
        after: Row[Any] | None = None
        while True:
            async with db.write() as conn:
                rows = await _batch(conn, table, columns, after)
            if not rows:
                break
            after = rows[-1]
            done += len(rows)
            progress(table.name, len(rows))
    return done


async def values_by_key(conn: AsyncConnection) -> Mapping[str, int]:
    """How many sealed values there are under each key."""
    found: Counter[str] = Counter()
    for columns in sealed_columns().values():
        for column in columns:
            for key_id in keys_of(conn.dialect).ring.ids:
                query = select(func.count()).where(_under(column, key_id))
                found[key_id] += (await conn.execute(query)).scalar_one()
    return found


async def _batch(
    conn: AsyncConnection, table: Table, columns: Sequence[Column[Any]], after: Row[Any] | None
) -> Sequence[Row[Any]]:
    key = list(table.primary_key.columns)
    newest = keys_of(conn.dialect).newest
    older = or_(*(and_(column.is_not(None), ~_under(column, newest)) for column in columns))
    query = select(*key, *columns).where(older).order_by(*key).limit(BATCH)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*_bound(key, after)))
    rows = (await conn.execute(query.with_for_update())).all()
    if rows:
        change = (
            update(table)
            .where(*(column == bindparam(f"of_{column.name}") for column in key))
            .values({column.name: bindparam(f"new_{column.name}") for column in columns})
        )
        await conn.execute(
            change,
            [
                {f"of_{column.name}": getattr(row, column.name) for column in key}
                | {f"new_{column.name}": getattr(row, column.name) for column in columns}
                for row in rows
            ],
        )
    return rows


def _bound(key: Sequence[Column[Any]], row: Row[Any]) -> Iterator[ColumnElement[Any]]:
    for column in key:
        yield bindparam(None, getattr(row, column.name), type_=column.type)


def _under(column: Column[Any], key_id: str) -> ColumnElement[bool]:
    """Whether the value was sealed under this key."""
    prefix = key_prefix(key_id)
    if isinstance(column.type, SealedBytes):
        head = func.substr(type_coerce(column, LargeBinary), 1, len(prefix), type_=LargeBinary)
        return head == prefix.encode()
    return type_coerce(column, Text).like(f"{prefix}%")
