"""Calls that came in, one row each: who called, what they asked for, and who still has to act.

A row is there from the ring on, so that a crash loses no call. A call that nobody here can name,
or whose wish could not be met by itself, stays on the list until somebody says that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Consent
from dialer.model.offer import Choice
from dialer.store import callbacks, case_events, inbound, recordings, tables
from dialer.store.callbacks import NewCallback
from dialer.store.case_rows import hold_case
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import wake

OPEN, CUT = "open", "cut"
"""Outcomes: the call is up; the service ended in the middle of it."""

CALLER = "caller"
"""The source of a wish that nobody took down: the caller pressed a key."""

_TABLE = tables.inbound_calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A call that rings. `matched` tells how the caller is known: `number`, or why not."""

    call_id: str
    worker: str
    number: str | None
    matched: str
    consumer_id: str | None = None
    case_id: str | None = None
    campaign_id: str | None = None
    duties: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What a call came to. Times in milliseconds; `todo`: somebody has to act on it."""

    call_id: str
    outcome: str
    agent: str | None = None
    event_id: str | None = None
    message_ms: int | None = None
    message_length_ms: int | None = None
    todo: bool = False


class NotOpen(Exception):
    """Nothing is to be done about this call any more, or it has its case already."""


async def arrived(db: Database, call: Arrived) -> None:
    """Enter a call that rings."""
    row = {
        "id": call.call_id,
        "worker": call.worker,
        "at": db.clock.now(),
        "number": call.number,
        "number_key": call.number,
        "matched": call.matched,
        "consumer_id": call.consumer_id,
        "case_id": call.case_id,
        "campaign_id": call.campaign_id,
        "outcome": OPEN,
        "duties": dict(call.duties),
        "todo": "none",
    }
    async with db.write() as conn:
        await conn.execute(insert(_TABLE), row)


async def booked(
    db: Database, call_id: str, new: NewCallback, consent: Consent, *, now: datetime
) -> None:
    """Write the callback that the caller asked for by a key, with their leave for it."""
    async with db.write() as conn:
        await hold_case(conn, new.case_id)
        ident, drafts = await callbacks.agree(
            conn, new, consent, source=CALLER, call_id=call_id, now=now
        )
        values = {"callback_id": ident, "todo": "none"}
        await conn.execute(update(_TABLE).where(_TABLE.c.id == call_id).values(values))
        await case_events.replan(conn, new.case_id, now)
        await append(db, conn, drafts)


async def refused(db: Database, call_id: str, rule: str | None) -> None:
    """No hour could be given to the callback that the caller asked for, by this rule."""
    async with db.write() as conn:
        await conn.execute(update(_TABLE).where(_TABLE.c.id == call_id).values(refused_by=rule))


async def over(db: Database, call: Over) -> None:
    """The call has ended. The ledger is told without the number."""
    now = db.clock.now()
    async with db.write() as conn:
        found = await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.id == call.call_id)
            .values(
                ended_at=now,
                outcome=call.outcome,
                agent=call.agent,
                event_id=call.event_id,
                message_ms=call.message_ms,
                message_length_ms=call.message_length_ms,
                todo="open" if call.todo else "none",
            )
            .returning(_TABLE.c.consumer_id, _TABLE.c.matched)
        )
        row = found.one()
        body = {"call": call.call_id, "outcome": call.outcome, "matched": row.matched}
        await append(db, conn, [Draft(kind="inbound.call", body=body, person=row.consumer_id)])


async def cut_off(db: Database, worker: str) -> list[Row[Any]]:
    """The calls that a crash of this worker ended; they are closed as such."""
    async with db.write() as conn:
        found = await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.worker == worker, _TABLE.c.outcome == OPEN)
            .values(outcome=CUT, ended_at=db.clock.now(), todo="open")
            .returning(_TABLE)
        )
        return list(found.all())


async def talked_by(conn: AsyncConnection, call_id: str, agent: str) -> None:
    """Enter within the caller's transaction who noted what came of the call."""
    await conn.execute(update(_TABLE).where(_TABLE.c.id == call_id).values(agent=agent))


async def case_of(conn: AsyncConnection, case_ref: str) -> str:
    """The id of the case of this reference. Raises LookupError."""
    cases = tables.cases
    known = await conn.execute(select(cases.c.id).where(cases.c.case_ref == case_ref.strip()))
    case_id: str | None = known.scalar_one_or_none()
    if case_id is None:
        raise LookupError(f"there is no case {case_ref}")
    return case_id


async def assign(
    db: Database, call_id: str, case_id: str, *, by: str, duties: Mapping[str, Any]
) -> Row[Any]:
    """Put a stranger's call down to a case; the call as it was.

    It enters the person's history as a contact that they began, its recording becomes one of the
    case, kept by these duties, and the case is planned anew. Raises LookupError, NotOpen.
    """
    now = db.clock.now()
    async with db.write() as conn:
        case = await hold_case(conn, case_id)
        row = (await conn.execute(select(_TABLE).where(_TABLE.c.id == call_id))).one_or_none()
        if row is None:
            raise LookupError(f"there is no call {call_id}")
        if row.case_id is not None or row.outcome == OPEN:
            raise NotOpen("this call has its case already, or is still on")
        event, withdrawal = await inbound.put_down(
            conn,
            case.consumer_id,
            case_id,
            row.at,
            call_id,
            withdraws=row.outcome == Choice.NO_CALLS,
            now=now,
        )
        await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.id == call_id)
            .values(
                case_id=case_id,
                consumer_id=case.consumer_id,
                event_id=event,
                matched="assigned",
                duties=dict(duties),
                assigned_by=by,
                assigned_at=now,
            )
        )
        await recordings.belongs_to(conn, call_id, case_id, case.consumer_id)
        await case_events.replan(conn, case_id, now)
        await wake(conn, case.consumer_id, now)
        body = {"call": call_id, "case": case_id, "event": event, "by": by}
        draft = Draft(kind="inbound.assigned", body=body, person=case.consumer_id)
        await append(db, conn, [draft, withdrawal] if withdrawal else [draft])
    return row


async def campaign_of(conn: AsyncConnection, call_id: str) -> str | None:
    """The campaign of a call; None where it has none, or there is no such call."""
    found = await conn.execute(select(_TABLE.c.campaign_id).where(_TABLE.c.id == call_id))
    campaign: str | None = found.scalar_one_or_none()
    return campaign


async def done(db: Database, call_id: str, *, by: str) -> None:
    """Somebody has acted on the call. Raises NotOpen."""
    now = db.clock.now()
    async with db.write() as conn:
        found = await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.id == call_id, _TABLE.c.todo == "open")
            .values(todo="done", done_by=by, done_at=now)
            .returning(_TABLE.c.consumer_id)
        )
        row = found.one_or_none()
        if row is None:
            raise NotOpen("nothing is to be done about this call")
        body = {"call": call_id, "by": by}
        await append(db, conn, [Draft(kind="inbound.done", body=body, person=row.consumer_id)])
