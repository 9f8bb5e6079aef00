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
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from asyncpg import exceptions as postgres
from sqlalchemy import (
    JSON,
    ClauseElement,
    ColumnElement,
    Dialect,
    Select,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
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

Make = Callable[[OneOf], Select[Any]]
"""Makes a select, given the way to say `one_of`."""


class Query:
    """Selects read by one statement. Their parameters are lists of texts.

    Each select keeps its own columns and comes back under its own name; in the statement columns
    of one type share their places, so that a row is as wide as its widest select needs. JSON lists
    come as tuples.
    """

    def __init__(self, **selects: Make) -> None:
        self._selects = selects
        self._ready: WeakKeyDictionary[Dialect, _Ready] = WeakKeyDictionary()

    def ready(self, dialect: Dialect) -> _Ready:
        """The statement as this database's driver takes it."""
        found = self._ready.get(dialect)
        if found is None:
            found = self._ready[dialect] = _ready(self._selects, dialect)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    text: str
    names: Sequence[str]  # of the parameters, in their order
    parts: Sequence[_Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One select's columns among those of the statement."""

    name: str
    places: Sequence[int]
    row: Callable[[Sequence[Any]], Any]
    processors: Sequence[tuple[int, Callable[[Any], Any]]]

    def read(self, values: Sequence[Any]) -> Any:
        """The row with its columns' names."""
        cells = [values[place] for place in self.places]
        for place, process in self.processors:
            if cells[place] is not None:
                cells[place] = process(cells[place])
        return self.row(cells)


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

    async def rows(
        self, query: Query, lists: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Sequence[Any]]:
        """All rows by the name of their select, in no order; `lists` has the parameters."""
        ready = query.ready(self._dialect)
        with _told(ready.text):
            if self._sqlite:
                texts = [json.dumps(lists[name]) for name in ready.names]
                found = await self._raw.execute_fetchall(ready.text, texts)
            else:
                found = await self._raw.fetch(ready.text, *(lists[name] for name in ready.names))
        rows: dict[str, list[Any]] = {part.name: [] for part in ready.parts}
        for values in found:
            part = ready.parts[values[0]]
            rows[part.name].append(part.read(values))
        return rows

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


def _ready(selects: Mapping[str, Make], dialect: Dialect) -> _Ready:
    made = {
        name: make(_in_json if dialect.name == "sqlite" else _in_array)
        for name, make in selects.items()
    }
    slots: list[ColumnElement[Any]] = []  # an empty cell of each place's type
    rows: list[Select[Any]] = []
    parts: list[_Part] = []
    for number, (name, one) in enumerate(made.items()):
        columns = list(one.selected_columns)
        places = _places(columns, slots, dialect)
        taken = dict(zip(places, map(_cell, columns), strict=True))
        rows.append(
            one.with_only_columns(
                literal_column(str(number)),
                *(taken.get(place, empty) for place, empty in enumerate(slots)),
                maintain_column_froms=True,
            )
        )
        parts.append(_part(name, columns, [place + 1 for place in places], dialect))
    wide = [row.add_columns(*slots[len(row.selected_columns) - 1 :]) for row in rows]
    compiled: Any = union_all(*wide).compile(dialect=dialect)
    return _Ready(text=str(compiled), names=compiled.positiontup or (), parts=parts)


def _places(
    columns: Sequence[ColumnElement[Any]], slots: list[ColumnElement[Any]], dialect: Dialect
) -> list[int]:
    """A place for each column among those of its type; where they do not reach, new ones."""
    kinds = [_kind(empty, dialect) for empty in slots]
    free = list(range(len(slots)))
    found: list[int] = []
    for column in columns:
        empty = cast(null(), String if isinstance(column.type, JSON) else column.type)
        kind = _kind(empty, dialect)
        place = next((place for place in free if kinds[place] == kind), None)
        if place is None:
            place = len(slots)
            slots.append(empty)
        else:
            free.remove(place)
        found.append(place)
    return found


def _kind(column: ColumnElement[Any], dialect: Dialect) -> str:
    """The column's type as the database calls it, whatever its length."""
    return str(dialect.type_compiler_instance.process(column.type)).partition("(")[0]


def _cell(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column; JSON as text, so that the same text need not be read twice."""
    return cast(column, String) if isinstance(column.type, JSON) else column


def _part(
    name: str, columns: Sequence[ColumnElement[Any]], places: Sequence[int], dialect: Dialect
) -> _Part:
    readers = [
        _json
        if isinstance(column.type, JSON)
        else column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in columns
    ]
    return _Part(
        name=name,
        places=places,
        row=_named("Row", [column.name for column in columns])._make,
        processors=[(place, reader) for place, reader in enumerate(readers) if reader],
    )


def _json(text: str) -> Any:
    return _listed(text) if text.startswith("[") else json.loads(text)


@lru_cache(maxsize=4096)
def _listed(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))


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
