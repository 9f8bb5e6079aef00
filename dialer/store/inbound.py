"""Contacts that consumers start: messages and calls that come in.

One transaction each: the contact enters the history of everyone who has that number, a withdrawal
binds at once, held cases wake, outside systems and the ledger are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel
from dialer.model.contact_point import PointKind
from dialer.store import outbox, tables
from dialer.store.consumers import write_opt_out
from dialer.store.database import Database, lock
from dialer.store.fact_rows import digest, opt_out_row
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import wake


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message or call from a number or address, as it came in.

    `outcome` is in the words of the contact history: `received`, `STOP`, `conversation` ...;
    `opt_out` names the channel that the message withdraws. `source_key` is the carrier's name for
    it: the same one twice is one message. `in_reply_to` is the attempt, where it is known.
    """

    kind: PointKind
    value: str  # E.164, or an e-mail address
    channel: Channel
    at: datetime
    outcome: str
    source: str
    source_key: str | None = None
    opt_out: Channel | None = None
    in_reply_to: str | None = None
    body: str | None = None
    debts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Whom an inbound contact was put down to.

    `event_id` is None for a repeat; `withdrew` says that it withdrew what was not withdrawn before.
    """

    consumer_id: str
    event_id: str | None
    case_id: str | None
    attempt_id: str | None
    withdrew: bool = False


async def record_inbound(db: Database, inbound: Inbound) -> tuple[Received, ...]:
    """Put an inbound contact down to everyone who has that number; empty for a stranger.

    Where several people share the number, nobody can say whose word it was: it counts for each,
    and so does an opt-out.
    """
    async with db.write() as conn:
        value = inbound.value.lower() if inbound.kind is PointKind.EMAIL else inbound.value
        point_id, people = await _owners(conn, inbound.kind, value)
        if point_id is None or not people:
            return ()
        await lock(conn, [*people, point_id])
        received, drafts = [], []
        for person in people:
            one, more = await _receive(conn, inbound, person, point_id)
            received.append(one)
            drafts += more
        await append(db, conn, drafts)
    return tuple(received)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, as far as their number tells: the case, and the campaigns that it is in."""

    consumer_id: str
    case_id: str
    contact_point_id: str
    campaigns: tuple[str, ...]  # those that called this number last come first


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Nobody can say who calls; `why` is `unknown`, `several` or `withheld`."""

    why: str


async def caller(
    conn: AsyncConnection, number: str, *, person: str | None = None
) -> Caller | Unmatched:
    """The one person whose number this is; with `person`, they are known to be it.

    A number that is known not to be theirs any more names nobody: somebody else calls.
    """
    points, owned = tables.contact_points, tables.consumer_contact_points
    rows = await conn.execute(
        select(points.c.id, owned.c.consumer_id)
        .join(owned, owned.c.contact_point_id == points.c.id)
        .where(
            points.c.kind == PointKind.PHONE,
            points.c.value_key == number,
            owned.c.valid,
            owned.c.wrong_since.is_(None),
            true() if person is None else owned.c.consumer_id == person,
        )
    )
    found = rows.all()
    if len(found) != 1:
        return Unmatched(why="several" if found else "unknown")
    point_id, person = str(found[0].id), str(found[0].consumer_id)
    table, listed = tables.attempts, tables.campaign_cases
    last = await conn.execute(
        select(table.c.case_id)
        .where(table.c.consumer_id == person, table.c.contact_point_id == point_id)
        .order_by(table.c.reserved_at.desc())
        .limit(1)
    )
    case_id = last.scalar_one_or_none() or await _newest_case(conn, person)
    if case_id is None:
        return Unmatched(why="unknown")
    last_call = (
        select(func.max(table.c.reserved_at))
        .where(table.c.case_id == case_id, table.c.campaign_id == listed.c.campaign_id)
        .scalar_subquery()
    )
    in_turn = await conn.execute(
        select(listed.c.campaign_id)
        .where(listed.c.case_id == case_id)
        .order_by(last_call.desc().nulls_last(), listed.c.campaign_id)
    )
    return Caller(
        consumer_id=person,
        case_id=case_id,
        contact_point_id=point_id,
        campaigns=tuple(in_turn.scalars()),
    )


async def put_down(
    conn: AsyncConnection,
    person: str,
    case_id: str,
    at: datetime,
    call_id: str,
    *,
    withdraws: bool,
    now: datetime,
) -> tuple[str, Draft | None]:
    """Enter a call whose caller became known later, within the caller's transaction.

    Its event, and what the ledger is to say where the caller wants no calls. Where the call is in
    the person's history already, since they share the number, that one is it.
    """
    table, key = tables.contact_events, digest(f"{person}/call/{call_id}")
    known = await conn.execute(select(table.c.id).where(table.c.source_key == key))
    event: str | None = known.scalar_one_or_none()
    if event is not None:
        return event, None
    row = {
        "id": new_id("event"),
        "consumer_id": person,
        "case_id": case_id,
        "at": at,
        "channel": Channel.CALL,
        "direction": "in",
        "outcome": "STOP" if withdraws else "received",
        "debts": [],
        "also_discussed": [],
        "source": "call",
        "source_key": key,
        "recorded_at": now,
    }
    await conn.execute(insert(table), row)
    if not withdraws:
        return str(row["id"]), None
    withdrawal = opt_out_row(person, Channel.CALL, None, at=at, source="call")
    return str(row["id"]), await write_opt_out(conn, withdrawal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An inbound call in the history."""

    event_id: str
    contact_point_id: str
    at: datetime


async def called(conn: AsyncConnection, person: str, call_id: str) -> Called:
    """The call as it is in this person's history. LookupError where it is not there yet."""
    table = tables.contact_events
    key = digest(f"{person}/call/{call_id}")
    found = await conn.execute(select(table).where(table.c.source_key == key))
    row = found.one_or_none()
    if row is None:
        raise LookupError(f"there is no call {call_id} in the history")
    return Called(event_id=row.id, contact_point_id=row.contact_point_id, at=row.at)


async def revise(
    conn: AsyncConnection, person: str, call: Called, outcome: str, debts: Sequence[str]
) -> Draft:
    """What came of it, within the caller's transaction; what the ledger is to say."""
    table = tables.contact_events
    values = {"outcome": outcome, "debts": list(debts)}
    await conn.execute(update(table).where(table.c.id == call.event_id).values(values))
    return Draft(kind="inbound.revised", body={"event": call.event_id, **values}, person=person)


async def _owners(
    conn: AsyncConnection, kind: PointKind, value: str
) -> tuple[str | None, Sequence[str]]:
    points, owned = tables.contact_points, tables.consumer_contact_points
    rows = await conn.execute(
        select(points.c.id, owned.c.consumer_id)
        .join(owned, owned.c.contact_point_id == points.c.id)
        .where(points.c.kind == kind, points.c.value_key == value)
        .order_by(owned.c.consumer_id)
    )
    found = rows.all()
    return (found[0].id if found else None), [row.consumer_id for row in found]


async def _receive(
    conn: AsyncConnection, inbound: Inbound, person: str, point_id: str
) -> tuple[Received, list[Draft]]:
    attempt = await _answered(conn, inbound, person, point_id)
    row = _event_row(inbound, person, point_id, attempt)
    if attempt is None:
        row["case_id"] = await _newest_case(conn, person)
    new = await _keep(conn, row)
    received = Received(
        consumer_id=person,
        event_id=str(row["id"]) if new else None,
        case_id=row["case_id"],
        attempt_id=row["in_reply_to"],
    )
    if not new:
        return received, []
    told = {
        "event": row["id"],
        "contact_point": point_id,
        "channel": inbound.channel,
        "outcome": inbound.outcome,
        "attempt": row["in_reply_to"],
    }
    drafts = [Draft(kind="inbound", body={**told, "at": inbound.at}, person=person)]
    if inbound.opt_out is not None:
        withdrawal = opt_out_row(
            person, inbound.opt_out, point_id, at=inbound.at, source=inbound.source
        )
        draft = await write_opt_out(conn, withdrawal)
        if draft is not None:
            received = replace(received, withdrew=True)
            drafts.append(draft)
    await outbox.tell_cases(conn, person, "inbound", told, inbound.at)
    await wake(conn, person, inbound.at)
    return received, drafts


async def _answered(
    conn: AsyncConnection, inbound: Inbound, person: str, point_id: str
) -> Row[Any] | None:
    """The attempt that this answers: the one named, or our last one by that number or address."""
    table = tables.attempts
    query = select(table).where(table.c.consumer_id == person)
    if inbound.in_reply_to is not None:
        query = query.where(table.c.id == inbound.in_reply_to)
    else:
        query = query.where(
            table.c.contact_point_id == point_id,
            table.c.channel == inbound.channel,
            table.c.reserved_at <= inbound.at,
        )
    return (await conn.execute(query.order_by(table.c.reserved_at.desc()).limit(1))).first()


async def _newest_case(conn: AsyncConnection, person: str) -> str | None:
    table = tables.cases
    found = await conn.execute(
        select(table.c.id)
        .where(table.c.consumer_id == person)
        .order_by(table.c.created_at.desc(), table.c.id)
        .limit(1)
    )
    newest: str | None = found.scalar_one_or_none()
    return newest


def _event_row(
    inbound: Inbound, person: str, point_id: str, attempt: Row[Any] | None
) -> dict[str, Any]:
    debts = inbound.debts
    if debts is None:
        debts = tuple(attempt.debts) if attempt else ()
    key = f"{person}/{inbound.source}/{inbound.source_key}" if inbound.source_key else None
    return {
        "id": new_id("event"),
        "consumer_id": person,
        "case_id": attempt.case_id if attempt else None,
        "at": inbound.at,
        "channel": inbound.channel,
        "direction": "in",
        "outcome": inbound.outcome,
        "contact_point_id": point_id,
        "debts": list(debts),
        "also_discussed": [],
        "in_reply_to": attempt.id if attempt else None,
        "body": inbound.body,
        "source": inbound.source,
        "source_key": digest(key) if key else None,
        "recorded_at": inbound.at,
    }


async def _keep(conn: AsyncConnection, row: dict[str, Any]) -> bool:
    """Write the contact event; False for a repeat."""
    table = tables.contact_events
    if row["source_key"] is not None:
        known = select(table.c.id).where(table.c.source_key == row["source_key"])
        if (await conn.execute(known)).first() is not None:
            return False
    await conn.execute(insert(table), row)
    return True
