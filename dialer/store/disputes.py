"""Disputes: they hold contact back from their receipt, and have days by which they are answered.

The stop mark in the gate is that of `dialer.model.dispute.hold_of`: it ends with the answer, and
an appeal puts it anew. The strategy rests until no dispute of the case is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.allocation import Line
from dialer.model import dispute as rules
from dialer.model.dispute import (
    Deadline,
    DeadlineRule,
    Dispute,
    DisputeKind,
    DisputeState,
    hold_of,
)
from dialer.store import balances, case_events, dispute_rows, holds
from dialer.store.balances import SETTLED
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case
from dialer.store.casework_tables import dispute_deadlines, dispute_steps, disputes
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

SOURCE = "dispute"
NOT_OWED = frozenset({DisputeKind.NOT_MINE, DisputeKind.FRAUD})
"""Kinds whose debts go back to the creditor when the consumer was right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDispute:
    """A dispute as it came in. It binds from `received_at`, whenever it is keyed in.

    `debts` empty = all of the case; `disputed_minor` None = the whole of them. Not `identified` =
    an unverified claim.
    """

    case_id: str
    kind: DisputeKind
    received_at: datetime
    in_writing: bool
    statement: str
    by: str
    debts: tuple[str, ...] = ()
    in_validation_period: bool | None = None
    disputed_minor: int | None = None
    identified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A step of a dispute with its reason.

    `write_off` is what a dispute that is upheld, in whole or in part, takes off the debts.
    """

    state: DisputeState
    reason: str
    by: str
    write_off: tuple[Line, ...] = ()


async def receive(
    db: Database, new: NewDispute, deadlines: Sequence[DeadlineRule], *, now: datetime
) -> Dispute:
    """Take a dispute in: stop mark, deadlines, strategy, outbox and ledger. Raises NoSuchCase."""
    dispute = rules.receive(
        dispute_id=new_id("dispute"),
        kind=new.kind,
        debts=new.debts,
        received_at=new.received_at,
        in_writing=new.in_writing,
        in_validation_period=new.in_validation_period,
        statement=new.statement,
        by=new.by,
        disputed_minor=new.disputed_minor,
        identified=new.identified,
    )
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        hold_id, draft = await holds.put(
            conn, case.consumer_id, hold_of(dispute), source=SOURCE, now=now
        )
        await dispute_rows.keep(conn, case, dispute, hold_id, now)
        due = rules.deadlines(dispute, deadlines, zone=_zone(case))
        await dispute_rows.keep_deadlines(conn, dispute, due)
        facts = {
            "kind": new.kind,
            "debts": list(new.debts),
            "received_at": new.received_at.isoformat(),
            "in_writing": new.in_writing,
            "identified": new.identified,
            "by": new.by,
        }
        news = News(
            kind="dispute.received",
            subject=dispute.dispute_id,
            facts=facts,
            at=now,
            word="disputed",
        )
        await append(db, conn, [draft, await case_events.tell(conn, case, news)])
    return dispute


async def move(db: Database, dispute_id: str, decision: Decision, *, now: datetime) -> Dispute:
    """Take a dispute to its next state. Raises LookupError, WrongStep."""
    async with db.write() as conn:
        row = await dispute_rows.row_of(conn, dispute_id)
        case = await hold_case(conn, row.case_id)
        row = await dispute_rows.row_of(conn, dispute_id)
        (before,) = await dispute_rows.from_rows(conn, [row])
        after = rules.move(before, decision.state, at=now, by=decision.by, reason=decision.reason)
        reached = dispute_rows.step_row(dispute_id, len(after.steps), after.steps[-1])
        await conn.execute(insert(dispute_steps), reached)
        drafts = await _follow(conn, case, row, after, now)
        await _fulfil(conn, case, after)
        word = None
        if after.closed and not await _others_open(conn, case.id, dispute_id):
            word = "dispute_resolved"
        if after.state is DisputeState.APPEALED:
            word = "disputed"
        news = News(
            kind=f"dispute.{after.state}",
            subject=dispute_id,
            facts={"by": decision.by},
            at=now,
            word=word,
        )
        drafts.append(await case_events.tell(conn, case, news))
        drafts += await _correct(conn, case, after, decision, now)
        await append(db, conn, drafts)
    return after


async def find(conn: AsyncConnection, dispute_id: str) -> Dispute:
    """The dispute. Raises LookupError."""
    (found,) = await dispute_rows.from_rows(conn, [await dispute_rows.row_of(conn, dispute_id)])
    return found


async def deadlines_of(conn: AsyncConnection, dispute_id: str) -> list[Deadline]:
    """The duties of a dispute with their days, the next first."""
    table = dispute_deadlines
    rows = await conn.execute(
        select(table)
        .where(table.c.dispute_id == dispute_id)
        .order_by(table.c.due_on, table.c.rule_id)
    )
    return [dispute_rows.deadline_from(row) for row in rows]


async def due_by(conn: AsyncConnection, day: date) -> list[tuple[str, Deadline]]:
    """Duties that are not fulfilled and are due by the end of `day`, with their dispute's id."""
    table = dispute_deadlines
    rows = await conn.execute(
        select(table)
        .where(table.c.due_on <= day, table.c.fulfilled_on.is_(None))
        .order_by(table.c.due_on, table.c.dispute_id, table.c.rule_id)
    )
    return [(row.dispute_id, dispute_rows.deadline_from(row)) for row in rows]


async def _follow(
    conn: AsyncConnection, case: CaseRow, row: Row[Any], after: Dispute, now: datetime
) -> list[Draft]:
    """The stop mark as the dispute now wants it, and the state."""
    wanted, hold_id = hold_of(after), row.hold_id
    drafts: list[Draft] = []
    if after.state is DisputeState.APPEALED:
        hold_id, draft = await holds.put(conn, case.consumer_id, wanted, source=SOURCE, now=now)
        drafts.append(draft)
    elif wanted.resolved_at is not None:
        lifted = await holds.lift(
            conn, case.consumer_id, hold_id, at=wanted.resolved_at, source=SOURCE
        )
        drafts += [lifted] if lifted else []
    await conn.execute(
        update(disputes)
        .where(disputes.c.id == after.dispute_id)
        .values(state=after.state, hold_id=hold_id)
    )
    return drafts


async def _correct(
    conn: AsyncConnection, case: CaseRow, after: Dispute, decision: Decision, now: datetime
) -> list[Draft]:
    """What the resolution changes about the debts."""
    if after.state is DisputeState.UPHELD and after.kind in NOT_OWED:
        await balances.recall(conn, case.id, after.debts, now)
    elif after.state in (DisputeState.UPHELD, DisputeState.PARTLY_UPHELD):
        await balances.deduct(conn, decision.write_off, now)
    elif decision.write_off:
        raise rules.WrongStep(f"a dispute that is {after.state} takes nothing off the debts")
    return await balances.settle_case(conn, case, after.dispute_id, now)


async def _others_open(conn: AsyncConnection, case_id: str, dispute_id: str) -> bool:
    found = await conn.execute(
        select(disputes.c.id)
        .where(
            disputes.c.case_id == case_id,
            disputes.c.id != dispute_id,
            disputes.c.state.not_in(SETTLED),
        )
        .limit(1)
    )
    return found.first() is not None


async def _fulfil(conn: AsyncConnection, case: CaseRow, after: Dispute) -> None:
    table = dispute_deadlines
    for known in await deadlines_of(conn, after.dispute_id):
        on = rules.fulfilled_on(after, known.duty, _zone(case))
        if on != known.fulfilled_on:
            await conn.execute(
                update(table)
                .where(table.c.dispute_id == after.dispute_id, table.c.rule_id == known.rule_id)
                .values(fulfilled_on=on)
            )


def _zone(case: CaseRow) -> tzinfo:
    return ZoneInfo(case.zones[0]) if case.zones else UTC
