"""Holds the store's own rows against what the ledger says of them.

The chain shows that the ledger was not changed; this shows that the decisions and attempts which
people look at are still those that it speaks of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_

from compliance.ledger import Broken
from dialer.store import tables

PAGE = 500
DECISION = "decision"
OUTCOMES = ("attempt.closed", "attempt.revised")


def contradiction(conn: Connection) -> Broken | None:
    """The first row that no longer says what its entry says, or that has no entry."""
    return _decisions(conn) or _unrecorded_decisions(conn) or _attempts(conn)


def _decisions(conn: Connection) -> Broken | None:
    for page in _entries_of(conn, DECISION):
        bodies = [json.loads(entry.body) for entry in page]
        table = tables.decisions
        found = {
            row.id: row
            for row in conn.execute(
                select(table).where(table.c.id.in_([body["attempt"] for body in bodies]))
            )
        }
        for entry, body in zip(page, bodies, strict=True):
            reason = _decision_fault(found.get(body["attempt"]), body)
            if reason is not None:
                reason = f"decision {body['attempt']} {reason}"
                return Broken(stream=entry.stream, seq=entry.seq, reason=reason)
    return None


def _decision_fault(row: Row[Any] | None, body: Mapping[str, Any]) -> str | None:
    if row is None:
        return "is missing"
    if sha256(row.record.encode()).hexdigest() != body["record_sha256"]:
        return "was changed: its record has another digest"
    if row.allowed is not body["allowed"] or list(row.rules) != body["rules"]:
        return "was changed: its answer is not the recorded one"
    return None


def _unrecorded_decisions(conn: Connection) -> Broken | None:
    decisions = conn.execute(select(func.count()).select_from(tables.decisions)).scalar_one()
    query = select(func.count()).where(tables.ledger.c.kind == DECISION)
    entries = conn.execute(query).scalar_one()
    if decisions == entries:
        return None
    reason = f"{decisions} decisions in the store, {entries} in the ledger"
    return Broken(stream="decisions", seq=0, reason=reason)


def _attempts(conn: Connection) -> Broken | None:
    table = tables.attempts
    query = select(table).where(table.c.state == "closed").order_by(table.c.id).limit(PAGE)
    rows = conn.execute(query).all()
    while rows:
        said = _said_of(conn, rows)
        for row in rows:
            reason = _attempt_fault(row, said.get(row.id))
            if reason is not None:
                return Broken(stream="attempts", seq=0, reason=f"attempt {row.id} {reason}")
        rows = conn.execute(query.where(table.c.id > rows[-1].id)).all()
    return None


def _said_of(conn: Connection, rows: Sequence[Row[Any]]) -> dict[str, Mapping[str, Any]]:
    """What the ledger last said of each of these attempts."""
    table = tables.ledger
    people = {row.consumer_id for row in rows}
    entries = conn.execute(
        select(table.c.body)
        .where(table.c.subject.in_(people), table.c.kind.in_(OUTCOMES))
        .order_by(table.c.at, table.c.stream, table.c.seq)
    )
    bodies = (json.loads(entry.body) for entry in entries)
    return {body["attempt"]: body for body in bodies}


def _attempt_fault(row: Row[Any], said: Mapping[str, Any] | None) -> str | None:
    if said is None:
        return "is closed, but the ledger has no outcome of it"
    if row.outcome != said["outcome"] or row.counts_as_connected is not said["counts"]:
        return f"was changed: the ledger says {said['outcome']}"
    return None


def _entries_of(conn: Connection, kind: str) -> Iterator[list[Row[Any]]]:
    table = tables.ledger
    place = tuple_(table.c.stream, table.c.seq)
    query = (
        select(table).where(table.c.kind == kind).order_by(table.c.stream, table.c.seq).limit(PAGE)
    )
    rows = list(conn.execute(query))
    while rows:
        yield rows
        last = rows[-1]
        rows = list(conn.execute(query.where(place > (last.stream, last.seq))))
