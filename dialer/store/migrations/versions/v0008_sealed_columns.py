"""Personal data is sealed: its columns hold ciphertext, and are looked up by blind indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from dialer.model.consumer import name_key, name_words
from dialer.store.sealing import BlindIndex, Sealed, SealedBytes

revision = "0008"
down_revision = "0007"

BATCH = 2000

# Columns whose type changes, and whether they may be null. The others were text already.
RETYPED: Mapping[str, Mapping[str, bool]] = {
    "consumers": {
        "full_name": False,
        "id_last4": True,
        "city": True,
        "postal_code": True,
        "address": True,
    },
    "locations": {"city": True, "code": True},
    "contact_points": {"value": False},
    "consumer_contact_points": {"raw": True},
    "documents": {"name": False},
    "circumstances": {"body": False},
}
SEALED: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {  # primary key, columns
    "consumers": (("id",), ("full_name", "id_last4", "city", "postal_code", "address")),
    "locations": (("id",), ("city", "code")),
    "cases": (("id",), ("notes",)),
    "contact_points": (("id",), ("value",)),
    "consumer_contact_points": (("consumer_id", "contact_point_id"), ("raw",)),
    "contact_events": (("id",), ("body",)),
    "dispositions": (("id",), ("notes",)),
    "plans": (("id",), ("agreement",)),
    "disputes": (("id",), ("statement",)),
    "dispute_steps": (("dispute_id", "number"), ("reason",)),
    "complaints": (("id",), ("statement", "review")),
    "documents": (("id",), ("name", "content")),
    "circumstances": (("id",), ("body",)),
    "case_notes": (("id",), ("text",)),
    "legal_steps": (("legal_file_id", "number"), ("note",)),
}
BINARY = ("documents", "content")


def upgrade() -> None:
    _retype()
    op.create_table(
        "name_words",
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_name_words_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("word", "consumer_id", name=op.f("pk_name_words")),
    )
    op.create_index(op.f("ix_name_words_consumer_id"), "name_words", ["consumer_id"])
    conn = op.get_bind()
    _index_names(conn)
    _index_points(conn)
    for table, (key, columns) in SEALED.items():
        _seal(conn, table, key, columns)
    with op.batch_alter_table("contact_points") as batch:
        batch.alter_column("value_key", existing_type=sa.String(length=32), nullable=False)
        batch.create_unique_constraint(
            op.f("uq_contact_points_kind_value_key"), ["kind", "value_key"]
        )
        batch.create_index(op.f("ix_contact_points_ending_key"), ["ending_key"])


def _retype() -> None:
    for table, columns in RETYPED.items():
        with op.batch_alter_table(table) as batch:
            for column, nullable in columns.items():
                batch.alter_column(
                    column,
                    type_=sa.Text(),
                    existing_nullable=nullable,
                    postgresql_using=f"{column}::text",
                )
            if table == "consumers":
                batch.alter_column(
                    "name_key",
                    type_=sa.String(length=32),
                    existing_nullable=False,
                    postgresql_using="left(name_key, 32)",
                )
            if table == "contact_points":
                batch.add_column(sa.Column("value_key", sa.String(length=32), nullable=True))
                batch.add_column(sa.Column("ending_key", sa.String(length=32), nullable=True))
                batch.drop_constraint(op.f("uq_contact_points_kind_value"), type_="unique")


def _index_names(conn: sa.Connection) -> None:
    people = sa.table(
        "consumers",
        sa.column("id", sa.String()),
        sa.column("full_name", sa.Text()),
        sa.column("name_key", BlindIndex("name")),
    )
    words = sa.table(
        "name_words",
        sa.column("word", BlindIndex("word")),
        sa.column("consumer_id", sa.String()),
    )
    change = (
        sa.update(people)
        .where(people.c.id == sa.bindparam("row"))
        .values(name_key=sa.bindparam("key"))
    )
    for rows in _batches(conn, sa.select(people.c.id, people.c.full_name), [people.c.id]):
        conn.execute(change, [{"row": row.id, "key": name_key(row.full_name)} for row in rows])
        found = [
            {"word": word, "consumer_id": row.id}
            for row in rows
            for word in sorted(name_words(row.full_name))
        ]
        if found:
            conn.execute(sa.insert(words), found)


def _index_points(conn: sa.Connection) -> None:
    points = sa.table(
        "contact_points",
        sa.column("id", sa.String()),
        sa.column("kind", sa.String()),
        sa.column("value", sa.Text()),
        sa.column("value_key", BlindIndex("point")),
        sa.column("ending_key", BlindIndex("ending")),
    )
    change = (
        sa.update(points)
        .where(points.c.id == sa.bindparam("row"))
        .values(value_key=sa.bindparam("key"), ending_key=sa.bindparam("ending"))
    )
    query = sa.select(points.c.id, points.c.kind, points.c.value)
    for rows in _batches(conn, query, [points.c.id]):
        conn.execute(
            change,
            [
                {
                    "row": row.id,
                    "key": row.value,
                    "ending": row.value[-4:] if row.kind == "phone" else None,
                }
                for row in rows
            ],
        )


def _seal(conn: sa.Connection, table: str, key: Sequence[str], columns: Sequence[str]) -> None:
    plain = _table(table, key, {name: _plain(table, name) for name in columns})
    sealed = _table(table, key, {name: _sealed(table, name) for name in columns})
    change = (
        sa.update(sealed)
        .where(*(sealed.c[name] == sa.bindparam(f"of_{name}") for name in key))
        .values({name: sa.bindparam(f"new_{name}") for name in columns})
    )
    for rows in _batches(conn, sa.select(plain), [plain.c[name] for name in key]):
        conn.execute(
            change,
            [
                {f"of_{name}": getattr(row, name) for name in key}
                | {f"new_{name}": getattr(row, name) for name in columns}
                for row in rows
            ],
        )


def _table(
    name: str, key: Sequence[str], columns: Mapping[str, sa.types.TypeEngine[Any]]
) -> sa.TableClause:
    keys = (sa.column(part, sa.SmallInteger() if part == "number" else sa.String()) for part in key)
    return sa.table(name, *keys, *(sa.column(column, kind) for column, kind in columns.items()))


def _plain(table: str, column: str) -> sa.types.TypeEngine[Any]:
    return sa.LargeBinary() if (table, column) == BINARY else sa.Text()


def _sealed(table: str, column: str) -> sa.types.TypeEngine[Any]:
    name = f"{table}.{column}"
    return SealedBytes(name) if (table, column) == BINARY else Sealed(name)


def _batches(
    conn: sa.Connection, query: sa.Select[Any], key: Sequence[sa.ColumnElement[Any]]
) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows of the query, some at a time, in the order of their key."""
    after: sa.Row[Any] | None = None
    while True:
        more = query
        if after is not None:
            reached = (getattr(after, column.name) for column in key)
            more = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, reached)))
        rows = conn.execute(more.order_by(*key).limit(BATCH)).all()
        if not rows:
            return
        yield rows
        after = rows[-1]
