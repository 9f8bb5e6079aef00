"""Statements that every admission runs, compiled once and run by the database's own driver.

Each means the same as executed by SQLAlchemy and belongs to the same transaction; what is left out
is its cost a statement, which on both databases is several times that of the query.
"""

from __future__ import annotations

import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from asyncpg import exceptions as postgres
from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Dialect,
    Select,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.bulk import bound

OneOf = Callable[[ColumnElement[Any], str], ColumnElement[bool]]
"""`one_of(column, name)`: the column's value is in the list that is given as `name`."""

_LOST = (
    sqlite3.OperationalError,
    postgres.InterfaceError,
    postgres.PostgresConnectionError,
    postgres.OperatorInterventionError,
    postgres.InsufficientResourcesError,
)

_named: Callable[[str, Sequence[str]], Any] = namedtuple


class Query:
    """A select whose parameters are lists of texts. Its rows have the columns' names."""

    def __init__(self, make: Callable[[OneOf], Select[Any]]) -> None:
        self._make = make
        self._ready: WeakKeyDictionary[Dialect, _Ready] = WeakKeyDictionary()

    def ready(self, dialect: Dialect) -> _Ready:
        """The statement as this database's driver takes it."""
        found = self._ready.get(dialect)
        if found is None:
            found = self._ready[dialect] = _ready(self._make, dialect)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    text: str
    names: Sequence[str]  # of the parameters, in their order
    row: Callable[[Sequence[Any]], Any]


class Command:
    """An insert or update with named parameters, compiled once for each engine."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._ready: WeakKeyDictionary[Dialect, _Call] = WeakKeyDictionary()

    def ready(self, dialect: Dialect) -> _Call:
        """The statement as this database's driver takes it."""
        found = self._ready.get(dialect)
        if found is None:
            found = self._ready[dialect] = _call(self._statement, dialect)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    text: str
    parameters: Sequence[tuple[str, Callable[[Any], Any] | None]]
    fixed: Mapping[str, Any]

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in the order of the parameters, as the driver takes them."""
        given = {**self.fixed, **values}
        return tuple(
            given[name] if process is None or given[name] is None else process(given[name])
            for name, process in self.parameters
        )


class Driver:
    """The driver's connection below one of SQLAlchemy's, inside its transaction."""

    def __init__(self, dialect: Dialect, raw: Any) -> None:
        self._dialect = dialect
        self._raw = raw
        self._sqlite = dialect.name == "sqlite"

    async def rows(self, query: Query, lists: Mapping[str, Sequence[str]]) -> list[Any]:
        """All rows; `lists` has the query's parameters."""
        ready = query.ready(self._dialect)
        with _told(ready.text):
            if self._sqlite:
                texts = [json.dumps(lists[name]) for name in ready.names]
                found = await self._raw.execute_fetchall(ready.text, texts)
            else:
                found = await self._raw.fetch(ready.text, *(lists[name] for name in ready.names))
        return [ready.row(row) for row in found]

    async def one(self, command: Command, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The one row that the command returns, as the driver has it."""
        ready = command.ready(self._dialect)
        with _told(ready.text):
            if self._sqlite:
                (found,) = await self._raw.execute_fetchall(ready.text, ready.bind(values))
            else:
                found = await self._raw.fetchrow(ready.text, *ready.bind(values))
        return tuple(found)

    async def run(self, command: Command, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the command once for each row of values."""
        if not rows:
            return
        ready = command.ready(self._dialect)
        with _told(ready.text):
            await self._raw.executemany(ready.text, [ready.bind(values) for values in rows])

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all have the same columns; the others get their server defaults."""
        if not rows:
            return
        columns = list(rows[0])
        names = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join("?" if self._sqlite else f"${n}" for n in range(1, len(columns) + 1))
        text = f"insert into {table.name} ({names}) values ({places})"  # names of our own tables
        with _told(text):
            await self._raw.executemany(text, bound(self._dialect, table, columns, rows))


async def driver(conn: AsyncConnection) -> Driver:
    """The driver's connection, its transaction begun."""
    raw = (await conn.get_raw_connection()).driver_connection
    assert raw is not None
    begun = raw.in_transaction if conn.dialect.name == "sqlite" else raw.is_in_transaction()
    if not begun:
        await conn.exec_driver_sql("select 1")  # SQLAlchemy begins it with the first statement
    return Driver(conn.dialect, raw)


@contextmanager
def _told(text: str) -> Iterator[None]:
    """Errors as SQLAlchemy's own: OperationalError where the database cannot be reached."""
    try:
        yield
    except _LOST as error:
        raise OperationalError(text, None, error) from error
    except (sqlite3.Error, postgres.PostgresError) as error:
        raise DBAPIError(text, None, error) from error


def _ready(make: Callable[[OneOf], Select[Any]], dialect: Dialect) -> _Ready:
    statement = make(_in_json if dialect.name == "sqlite" else _in_array)
    compiled: Any = statement.compile(dialect=dialect)
    columns = list(statement.selected_columns)
    row = _named("Row", [column.name for column in columns])
    processors = [
        (place, process)
        for place, column in enumerate(columns)
        if (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
    ]

    def read(values: Sequence[Any]) -> Any:
        cells = list(values)
        for place, process in processors:
            if cells[place] is not None:
                cells[place] = process(cells[place])
        return row._make(cells)

    return _Ready(text=str(compiled), names=compiled.positiontup or (), row=read)


def _call(statement: ClauseElement, dialect: Dialect) -> _Call:
    compiled: Any = statement.compile(dialect=dialect)
    return _Call(
        text=str(compiled),
        parameters=[
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ],
        fixed=compiled.params,
    )


def _in_json(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    listed = func.json_each(bindparam(name, type_=String)).table_valued("value")
    return column.in_(select(listed.c.value))


def _in_array(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == func.any(bindparam(name, type_=ARRAY(String)))
