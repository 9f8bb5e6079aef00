"""Disputes, their steps and deadlines as rows and as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.dispute import Deadline, Dispute, DisputeKind, DisputeState, Duty, Step
from dialer.store.case_rows import CaseRow
from dialer.store.casework_tables import dispute_deadlines, dispute_steps, disputes


async def keep(
    conn: AsyncConnection, case: CaseRow, dispute: Dispute, hold_id: str, now: datetime
) -> None:
    await conn.execute(
        insert(disputes),
        {
            "id": dispute.dispute_id,
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "kind": dispute.kind,
            "state": dispute.state,
            "debts": list(dispute.debts),
            "received_at": dispute.received_at,
            "in_writing": dispute.in_writing,
            "in_validation_period": dispute.in_validation_period,
            "statement": dispute.statement,
            "identified": dispute.identified,
            "disputed_minor": dispute.disputed_minor,
            "hold_id": hold_id,
            "recorded_at": now,
        },
    )
    await conn.execute(insert(dispute_steps), step_row(dispute.dispute_id, 1, dispute.steps[0]))


async def keep_deadlines(conn: AsyncConnection, dispute: Dispute, due: Sequence[Deadline]) -> None:
    rows = [
        {
            "dispute_id": dispute.dispute_id,
            "rule_id": deadline.rule_id,
            "duty": deadline.duty,
            "due_on": deadline.due_on,
        }
        for deadline in due
    ]
    if rows:
        await conn.execute(insert(dispute_deadlines), rows)


def step_row(dispute_id: str, number: int, step: Step) -> dict[str, object]:
    return {
        "dispute_id": dispute_id,
        "number": number,
        "state": step.state,
        "at": step.at,
        "by": step.by,
        "reason": step.reason,
    }


async def row_of(conn: AsyncConnection, dispute_id: str) -> Row[Any]:
    row = (await conn.execute(select(disputes).where(disputes.c.id == dispute_id))).one_or_none()
    if row is None:
        raise LookupError(f"there is no dispute {dispute_id}")
    return row


async def from_rows(conn: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Dispute]:
    steps: dict[str, list[Step]] = defaultdict(list)
    table = dispute_steps
    for row in await conn.execute(
        select(table)
        .where(table.c.dispute_id.in_([row.id for row in rows]))
        .order_by(table.c.dispute_id, table.c.number)
    ):
        steps[row.dispute_id].append(step_from(row))
    return [dispute_from(row, steps[row.id]) for row in rows]


def step_from(row: Row[Any]) -> Step:
    """A step from its row."""
    return Step(state=DisputeState(row.state), at=row.at, by=row.by, reason=row.reason)


def dispute_from(row: Row[Any], steps: Sequence[Step]) -> Dispute:
    """A dispute from its row; the steps are in order."""
    return Dispute(
        dispute_id=row.id,
        kind=DisputeKind(row.kind),
        debts=tuple(row.debts),
        received_at=row.received_at,
        in_writing=row.in_writing,
        in_validation_period=row.in_validation_period,
        statement=row.statement,
        identified=row.identified,
        steps=tuple(steps),
        disputed_minor=row.disputed_minor,
    )


def deadline_from(row: Row[Any]) -> Deadline:
    return Deadline(
        rule_id=row.rule_id,
        duty=Duty(row.duty),
        due_on=row.due_on,
        fulfilled_on=row.fulfilled_on,
    )
