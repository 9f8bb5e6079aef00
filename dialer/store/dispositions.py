"""What came of a call, as its agent noted it: all of it in one transaction.

The attempt gets its true outcome and the debts that were discussed; a callback, an opt-out or a
wrong number is written with it; the case is planned anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, Consent
from dialer.model.disposition import Code, outcome_of
from dialer.store import (
    attempts,
    callbacks,
    case_events,
    inbound,
    inbound_calls,
    outbox,
    tables,
)
from dialer.store.attempts import Outcome
from dialer.store.callbacks import NewCallback
from dialer.store.case_rows import hold_case
from dialer.store.consumers import write_opt_out, write_wrong
from dialer.store.database import Database, lock
from dialer.store.fact_rows import opt_out_row
from dialer.store.ids import new_id
from dialer.store.inbound import Called
from dialer.store.ledger_writer import Draft, append

SOURCE = "agent"


class AlreadyDisposed(Exception):
    """What came of this call was noted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A callback that the consumer asked for, with their leave for that call."""

    at: datetime
    agent: str | None
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """What an agent notes of a call. `debts` are those that were discussed.

    `attempt_id` is our own call's; of an `inbound` one the carrier's name for it.
    """

    attempt_id: str
    case_id: str
    campaign_id: str
    code: Code
    debts: tuple[str, ...]
    notes: str
    by: str
    callback: Appointment | None = None
    inbound: bool = False


async def dispose(db: Database, said: Disposition, *, now: datetime) -> str:
    """Note it; the id. Raises AlreadyDisposed, StillOpen, LookupError."""
    async with db.write() as conn:
        case = await hold_case(conn, said.case_id)
        call = (
            await inbound.called(conn, case.consumer_id, said.attempt_id) if said.inbound else None
        )
        point = await _point(conn, said.attempt_id) if call is None else call.contact_point_id
        await lock(conn, [case.consumer_id, point])
        await _only_once(conn, said, call)
        word = outcome_of(said.code, said.debts)
        ident = new_id("disposition")
        drafts: list[Draft | None] = [await _keep(conn, said, ident, case.consumer_id, now)]
        if call is not None:
            drafts.append(await inbound.revise(conn, case.consumer_id, call, word, said.debts))
            await inbound_calls.talked_by(conn, said.attempt_id, said.by)
        else:
            outcome = Outcome(outcome=word, at=now, debts=said.debts or None)
            drafts.append(await attempts.revise_within(conn, said.attempt_id, outcome))
        if said.code is Code.OPT_OUT:
            row = opt_out_row(case.consumer_id, Channel.CALL, None, at=now, source=SOURCE)
            drafts.append(await write_opt_out(conn, row))
        if said.code is Code.WRONG_NUMBER:
            drafts.append(await write_wrong(conn, case.consumer_id, point, at=now, source=SOURCE))
        if said.callback is not None:
            drafts += await _call_back(conn, said, said.callback, case.consumer_id, now)
        await case_events.replan(conn, case.id, now)
        await append(db, conn, [draft for draft in drafts if draft is not None])
    return ident


async def _only_once(conn: AsyncConnection, said: Disposition, call: Called | None) -> None:
    table = tables.dispositions
    same = table.c.attempt_id == said.attempt_id
    if call is not None:  # no attempt of ours: the first word on the case since that call
        same = and_(
            table.c.attempt_id.is_(None), table.c.case_id == said.case_id, table.c.at >= call.at
        )
    if (await conn.execute(select(table.c.id).where(same))).first() is not None:
        raise AlreadyDisposed(f"what came of call {said.attempt_id} is noted already")


async def _point(conn: AsyncConnection, attempt_id: str) -> str:
    table = tables.attempts
    found = await conn.execute(select(table.c.contact_point_id).where(table.c.id == attempt_id))
    point: str | None = found.scalar_one_or_none()
    if point is None:
        raise LookupError(f"there is no attempt {attempt_id}")
    return point


async def _keep(
    conn: AsyncConnection, said: Disposition, ident: str, consumer_id: str, now: datetime
) -> Draft:
    await conn.execute(
        insert(tables.dispositions),
        {
            "id": ident,
            "attempt_id": None if said.inbound else said.attempt_id,
            "case_id": said.case_id,
            "consumer_id": consumer_id,
            "code": said.code,
            "debts": list(said.debts),
            "notes": said.notes or None,
            "by": said.by,
            "at": now,
        },
    )
    told = {
        "disposition": ident,
        "attempt": said.attempt_id,
        "code": said.code,
        "debts": list(said.debts),
        "by": said.by,
    }
    await outbox.enqueue(conn, said.case_id, "disposition", told, now)
    return Draft(kind="disposition", body={**told, "case": said.case_id}, person=consumer_id)


async def _call_back(
    conn: AsyncConnection,
    said: Disposition,
    wanted: Appointment,
    consumer_id: str,
    now: datetime,
) -> list[Draft]:
    new = NewCallback(
        case_id=said.case_id,
        consumer_id=consumer_id,
        campaign_id=said.campaign_id,
        at=wanted.at,
        source="asked",
        by=said.by,
        agent=wanted.agent,
        contact_point_id=wanted.consent.contact_point,
    )
    _, drafts = await callbacks.agree(
        conn, new, wanted.consent, source=SOURCE, call_id=said.attempt_id, now=now
    )
    return drafts
