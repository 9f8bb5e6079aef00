"""Circumstances of a person, the ability to pay by them, and signs of the will to pay.

The ledger learns that a fact was noted, and what for, never the fact itself. A vulnerability puts
its stop mark at once: from then on only a person calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Hold, HoldKind
from dialer.casework.affordability import (
    Affordability,
    AllowanceTable,
    Household,
    Item,
    assess,
)
from dialer.model.circumstance import ALWAYS_SENSITIVE, Circumstance, CircumstanceKind
from dialer.store import holds
from dialer.store.case_rows import hold_case
from dialer.store.casework_tables import circumstances
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

SOURCE = "circumstance"
TALKS = ("conversation", "conversation_general")
_MONEY = frozenset({CircumstanceKind.INCOME, CircumstanceKind.OUTGOING})
_ITEM = TypeAdapter(Item)
_HOUSEHOLD = TypeAdapter(Household)


class BadCircumstance(ValueError):
    """The fact is not told in its form; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCircumstance:
    """A fact as told, and what it was asked for."""

    case_id: str
    kind: CircumstanceKind
    body: Mapping[str, object]
    purpose: str
    by: str
    sensitive: bool = False


async def record(db: Database, new: NewCircumstance, *, now: datetime) -> Circumstance:
    """Note a fact. Raises NoSuchCase, BadCircumstance."""
    body = _checked(new)
    if not new.purpose.strip():
        raise BadCircumstance("purpose: a fact about a person needs one")
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        drafts: list[Draft] = []
        hold_id = None
        if new.kind is CircumstanceKind.VULNERABILITY:
            mark = Hold(kind=HoldKind.VULNERABLE, received_at=now)
            hold_id, draft = await holds.put(conn, case.consumer_id, mark, source=SOURCE, now=now)
            drafts.append(draft)
        row = {
            "id": new_id("circumstance"),
            "consumer_id": case.consumer_id,
            "kind": new.kind,
            "sensitive": new.sensitive or new.kind in ALWAYS_SENSITIVE,
            "body": body,
            "purpose": new.purpose.strip(),
            "hold_id": hold_id,
            "by": new.by,
            "recorded_at": now,
        }
        await conn.execute(insert(circumstances), row)
        told = {"circumstance": row["id"], "kind": new.kind, "by": new.by}
        drafts.append(Draft(kind="circumstance", body=told, person=case.consumer_id))
        await append(db, conn, drafts)
        (kept,) = await _find(conn, circumstances.c.id == row["id"])
    return kept


async def end(db: Database, circumstance_id: str, *, by: str, now: datetime) -> bool:
    """The fact holds no longer; False if it had ended. Raises LookupError."""
    table = circumstances
    async with db.write() as conn:
        found = await conn.execute(select(table).where(table.c.id == circumstance_id))
        row = found.one_or_none()
        if row is None:
            raise LookupError(f"there is no circumstance {circumstance_id}")
        ended = await conn.execute(
            update(table)
            .where(table.c.id == circumstance_id, table.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        if ended.rowcount == 0:
            return False
        drafts: list[Draft] = []
        if row.hold_id is not None:
            lifted = await holds.lift(conn, row.consumer_id, row.hold_id, at=now, source=SOURCE)
            drafts += [lifted] if lifted else []
        told = {"circumstance": circumstance_id, "by": by}
        drafts.append(Draft(kind="circumstance.ended", body=told, person=row.consumer_id))
        await append(db, conn, drafts)
    return True


async def of_consumer(
    conn: AsyncConnection, consumer_id: str, *, sensitive: bool
) -> list[Circumstance]:
    """What holds now, oldest first; without `sensitive` such facts are there without their body."""
    table = circumstances
    found = await _find(conn, table.c.consumer_id == consumer_id, table.c.ended_at.is_(None))
    return shown(found, sensitive=sensitive)


def shown(facts: Sequence[Circumstance], *, sensitive: bool) -> list[Circumstance]:
    """The facts; without `sensitive` such facts are there without their body."""
    return [fact if sensitive or not fact.sensitive else replace(fact, body=None) for fact in facts]


def ability(facts: Sequence[Circumstance], allowance: AllowanceTable) -> Affordability:
    """What can be paid a month by these facts; the latest household counts."""
    items = {kind: [_item(fact) for fact in facts if fact.kind is kind] for kind in _MONEY}
    households = [fact.body for fact in facts if fact.kind is CircumstanceKind.HOUSEHOLD]
    outgoings = items[CircumstanceKind.OUTGOING]
    return assess(
        income=items[CircumstanceKind.INCOME],
        outgoings=outgoings or None,
        household=_HOUSEHOLD.validate_python(households[-1]) if households else None,
        allowance=allowance,
    )


def _checked(new: NewCircumstance) -> Mapping[str, object]:
    """The body in its form."""
    try:
        if new.kind in _MONEY:
            item = _ITEM.validate_python({**new.body})
            return dict(_ITEM.dump_python(item, mode="json"))
        if new.kind is CircumstanceKind.HOUSEHOLD:
            household = _HOUSEHOLD.validate_python({**new.body})
            return dict(_HOUSEHOLD.dump_python(household, mode="json"))
    except (ValidationError, ValueError) as error:
        raise BadCircumstance(f"{new.kind}: {_first(error)}") from error
    text = new.body.get("text")
    if not isinstance(text, str) or not text.strip() or len(new.body) != 1:
        raise BadCircumstance(f"{new.kind}: needs `text`, and nothing else")
    return {"text": text.strip()}


def _first(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)


def _item(fact: Circumstance) -> Item:
    return _ITEM.validate_python(fact.body)


async def _find(conn: AsyncConnection, *where: Any) -> list[Circumstance]:
    table = circumstances
    query = select(table).where(*where).order_by(table.c.recorded_at, table.c.id)
    return [circumstance_from(row) for row in await conn.execute(query)]


def circumstance_from(row: Row[Any]) -> Circumstance:
    """A fact from its row."""
    return Circumstance(
        id=row.id,
        consumer_id=row.consumer_id,
        kind=CircumstanceKind(row.kind),
        sensitive=row.sensitive,
        body=row.body,
        purpose=row.purpose,
        by=row.by,
        recorded_at=row.recorded_at,
        ended_at=row.ended_at,
    )
