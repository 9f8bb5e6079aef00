"""Legal files: referred with a full checklist in time, then stage by stage; all is kept meanwhile.

While a file is open the case is paused for its campaigns and the recordings are on legal hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import HoldKind
from dialer.casework.legal_file import (
    ChecklistItem,
    Document,
    Filed,
    Limitation,
    LimitationRule,
    Restart,
    RestartEvent,
    Stage,
    against_referral,
    checklist,
    limitation,
    may_become,
)
from dialer.store import case_events, documents, legal_papers, payment_rows, tables
from dialer.store.balances import SETTLED
from dialer.store.case_events import News
from dialer.store.case_rows import CaseRow, hold_case
from dialer.store.casework_tables import disputes, legal_files, legal_steps, plans
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import append
from dialer.store.plan_rows import StoredState


class WrongStage(ValueError):
    """A legal file can't go from the stage it is in to the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRefused:
    """The case may not go to law today; each reason is a sentence."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStep:
    """A stage that was reached, on which day; `remind_on` asks for the next look."""

    stage: Stage
    on: date
    remind_on: date | None
    note: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalFile:
    """A legal file with its stages, the first is the referral."""

    id: str
    case_id: str
    consumer_id: str
    stage: Stage
    limitation: Limitation
    steps: tuple[LegalStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a referral would need today."""

    items: tuple[ChecklistItem, ...]
    limitation: Limitation | None
    reasons: tuple[str, ...]


async def readiness(
    conn: AsyncConnection,
    case: CaseRow,
    required: Sequence[Document],
    rule: LimitationRule | None,
    *,
    now: datetime,
) -> Readiness:
    """The checklist, the limitation date, and every reason against a referral today."""
    filed = [
        Filed(document=paper.document, sha256=paper.sha256)
        for paper in (await legal_papers.papers(conn, case.id)).values()
    ]
    names = {str(document) for document in Document}
    filed += [
        Filed(document=Document(paper.kind), sha256=paper.sha256)
        for paper in await documents.of_case(conn, case.id)
        if paper.kind in names
    ]
    items = checklist(required, filed)
    limit = None
    if rule is not None:
        limit = limitation(await _defaulted_on(conn, case), await _restarts(conn, case), rule)
    reasons = against_referral(
        items,
        limit,
        case.today(now),
        open_disputes=await _count(
            conn, and_(disputes.c.case_id == case.id, disputes.c.state.not_in(SETTLED))
        ),
        plan_kept=bool(
            await _count(
                conn, and_(plans.c.case_id == case.id, plans.c.state == StoredState.AGREED)
            )
        ),
        bankrupt=bool(
            await _count(
                conn,
                and_(
                    tables.holds.c.consumer_id == case.consumer_id,
                    tables.holds.c.kind == HoldKind.BANKRUPTCY,
                    tables.holds.c.resolved_at.is_(None),
                ),
            )
        ),
    )
    return Readiness(items=items, limitation=limit, reasons=reasons)


async def refer(
    db: Database,
    case_id: str,
    required: Sequence[Document],
    rule: LimitationRule | None,
    *,
    by: str,
    now: datetime,
) -> LegalFile | ReferralRefused:
    """Open a legal file, or give every reason against it. Raises NoSuchCase."""
    async with db.write() as conn:
        case = await hold_case(conn, case_id)
        ready = await readiness(conn, case, required, rule, now=now)
        reasons = list(ready.reasons)
        if await _count(conn, and_(_of(case_id), legal_files.c.stage != Stage.CLOSED)):
            reasons.append("a legal file is open")
        if reasons or ready.limitation is None:
            return ReferralRefused(reasons=tuple(reasons))
        row = {
            "id": new_id("legal"),
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "stage": Stage.REFERRED,
            "rule_id": ready.limitation.rule_id,
            "last_day": ready.limitation.last_day,
            "counted_from": ready.limitation.counted_from,
            "because": ready.limitation.because,
            "opened_at": now,
        }
        await conn.execute(insert(legal_files), row)
        step = LegalStep(
            stage=Stage.REFERRED,
            on=case.today(now),
            remind_on=case.today(now) + timedelta(days=14),
            note="referred with a full checklist",
            by=by,
        )
        await _enter(conn, case, str(row["id"]), (1, step), now)
        facts = {"last_day": ready.limitation.last_day.isoformat(), "by": by}
        news = News(kind="legal.referred", subject=str(row["id"]), facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, str(row["id"]))


async def move(db: Database, legal_id: str, step: LegalStep, *, now: datetime) -> LegalFile:
    """Take a legal file to its next stage. Raises LookupError, WrongStage."""
    async with db.write() as conn:
        case = await hold_case(conn, (await find(conn, legal_id)).case_id)
        known = await find(conn, legal_id)
        if not may_become(known.stage, step.stage):
            raise WrongStage(f"legal file {legal_id} is {known.stage}, can't become {step.stage}")
        if step.on < known.steps[-1].on:
            raise WrongStage(f"legal file {legal_id} was {known.stage} after {step.on.isoformat()}")
        await _enter(conn, case, legal_id, (len(known.steps) + 1, step), now)
        facts = {"on": step.on.isoformat(), "by": step.by}
        news = News(kind=f"legal.{step.stage}", subject=legal_id, facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        return await find(conn, legal_id)


async def find(conn: AsyncConnection, legal_id: str) -> LegalFile:
    """The legal file. Raises LookupError."""
    query = select(legal_files).where(legal_files.c.id == legal_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no legal file {legal_id}")
    return await _from(conn, row)


async def of_case(conn: AsyncConnection, case_id: str) -> list[LegalFile]:
    """The legal files of a case, oldest first."""
    query = select(legal_files).where(_of(case_id)).order_by(legal_files.c.opened_at)
    return [await _from(conn, row) for row in (await conn.execute(query)).all()]


async def to_look_at(conn: AsyncConnection, day: date) -> list[LegalFile]:
    """Open files whose reminder or last day for a claim comes by the end of `day`."""
    found = await conn.execute(
        select(legal_files)
        .where(legal_files.c.stage != Stage.CLOSED)
        .order_by(legal_files.c.last_day, legal_files.c.id)
    )
    files = [await _from(conn, row) for row in found.all()]
    return [file for file in files if _calls(file, day)]


def _calls(file: LegalFile, day: date) -> bool:
    remind_on = file.steps[-1].remind_on
    reminded = remind_on is not None and remind_on <= day
    return reminded or (file.stage in _BEFORE_COURT and file.limitation.last_day <= day)


_BEFORE_COURT = (Stage.REFERRED, Stage.PRE_ACTION_LETTER)


def _of(case_id: str) -> Any:
    return legal_files.c.case_id == case_id


async def _enter(
    conn: AsyncConnection,
    case: CaseRow,
    legal_id: str,
    numbered: tuple[int, LegalStep],
    now: datetime,
) -> None:
    """Write a stage, and what it means for the case and what is kept of it."""
    number, step = numbered
    closed = step.stage is Stage.CLOSED
    await conn.execute(
        insert(legal_steps),
        {
            "legal_file_id": legal_id,
            "number": number,
            "stage": step.stage,
            "on": step.on,
            "remind_on": step.remind_on,
            "note": step.note,
            "by": step.by,
            "at": now,
        },
    )
    await conn.execute(
        update(legal_files)
        .where(legal_files.c.id == legal_id)
        .values(stage=step.stage, legal_hold=not closed, closed_at=now if closed else None)
    )
    kept, table = tables.recordings, tables.cases
    others = and_(
        legal_files.c.consumer_id == case.consumer_id, legal_files.c.stage != Stage.CLOSED
    )
    hold = await _count(conn, others) > 0
    await conn.execute(
        update(kept).where(kept.c.consumer_id == case.consumer_id).values(legal_hold=hold)
    )
    before, after = ("paused", "open") if closed else ("open", "paused")
    await conn.execute(
        update(table)
        .where(table.c.id == case.id, table.c.status == before)
        .values(status=after, updated_at=now)
    )
    await case_events.replan(conn, case.id, now)


async def _from(conn: AsyncConnection, row: Row[Any]) -> LegalFile:
    steps = await conn.execute(
        select(legal_steps)
        .where(legal_steps.c.legal_file_id == row.id)
        .order_by(legal_steps.c.number)
    )
    return LegalFile(
        id=row.id,
        case_id=row.case_id,
        consumer_id=row.consumer_id,
        stage=Stage(row.stage),
        limitation=Limitation(
            last_day=row.last_day,
            counted_from=row.counted_from,
            because=row.because,
            rule_id=row.rule_id,
        ),
        steps=tuple(
            LegalStep(
                stage=Stage(step.stage),
                on=step.on,
                remind_on=step.remind_on,
                note=step.note,
                by=step.by,
            )
            for step in steps
        ),
    )


async def _count(conn: AsyncConnection, where: Any) -> int:
    return len((await conn.execute(select(1).where(where))).all())


async def _defaulted_on(conn: AsyncConnection, case: CaseRow) -> date | None:
    """The earliest day on which an open debt of the case fell due; None where one is unknown."""
    table = tables.debts
    rows = await conn.execute(
        select(table).where(table.c.case_id == case.id, table.c.status == "open")
    )
    days: list[date] = []
    for row in rows:
        if row.due_date is not None:
            days.append(row.due_date)
        elif row.days_past_due is not None:
            days.append(row.as_of.date() - timedelta(days=row.days_past_due))
        else:
            return None
    return min(days, default=None)


async def _restarts(conn: AsyncConnection, case: CaseRow) -> list[RestartEvent]:
    """What may have made the period begin anew: payments, and agreements in writing."""
    events = [
        RestartEvent(kind=Restart.PAYMENT, on=payment.received_on)
        for payment in await payment_rows.effective(conn, case.id)
    ]
    agreed = await conn.execute(
        select(plans.c.agreed_at).where(plans.c.case_id == case.id, plans.c.agreed_at.is_not(None))
    )
    events += [
        RestartEvent(kind=Restart.WRITTEN_ACKNOWLEDGEMENT, on=at.date()) for at in agreed.scalars()
    ]
    return events
