"""Reports that go out by themselves: their schedules, and each report that was due.

A report that was missed while nothing ran is made once, for all the days since the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database, lock
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.report_tables import report_runs, report_schedules
from scheduler.recurrence import Every, Recurrence

LEASE = timedelta(minutes=10)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 30, 120, 480))
"""How long after each failure it is tried again; after the last one the report has failed."""
SHOWN = 50


class Format(StrEnum):
    """A form in which a report is sent."""

    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"
    PDF = "pdf"


class ScheduleState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    DELETED = "deleted"


class RunState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What is sent when, about which cases (None = all), to whom. `by` is an account's name."""

    name: str
    recurrence: Recurrence
    recipients: tuple[str, ...]
    formats: tuple[Format, ...]
    language: str
    by: str
    creditor: str | None = None
    campaign_id: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule as it is kept."""

    id: str
    told: NewSchedule
    state: ScheduleState
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One report: the local days it covers, and what became of it. `files` are digests by name."""

    id: str
    schedule: Schedule
    due_at: datetime
    first: date
    last: date
    state: RunState
    tries: int
    delivered: tuple[str, ...]
    files: Mapping[str, str]
    error: str | None
    ended_at: datetime | None

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """The recipients who do not have it yet."""
        return tuple(who for who in self.schedule.told.recipients if who not in self.delivered)


async def add(db: Database, new: NewSchedule, *, now: datetime) -> Schedule:
    """Keep a schedule; its first report is due at its first time from now. IntegrityError for a
    campaign that is not there."""
    schedule = Schedule(
        id=new_id("schedule"),
        told=new,
        state=ScheduleState.ACTIVE,
        next_at=new.recurrence.next_after(now),
    )
    rule = new.recurrence
    async with db.write() as conn:
        await conn.execute(
            insert(report_schedules),
            {
                "id": schedule.id,
                "name": new.name,
                "every": rule.every,
                "at": rule.at,
                "zone": rule.zone.key,
                "weekday": rule.weekday,
                "day": rule.day,
                "creditor": new.creditor,
                "campaign_id": new.campaign_id,
                "team": new.team,
                "recipients": list(new.recipients),
                "formats": list(new.formats),
                "language": new.language,
                "state": schedule.state,
                "by": new.by,
                "created_at": now,
                "updated_at": now,
                "next_at": schedule.next_at,
            },
        )
        facts = {
            "schedule": schedule.id,
            "every": rule.every,
            "formats": list(new.formats),
            "recipients": len(new.recipients),
            "by": new.by,
        }
        await append(db, conn, [Draft(kind="report.scheduled", body=facts)])
    return schedule


async def switch(
    db: Database, schedule_id: str, state: ScheduleState, *, by: str, now: datetime
) -> bool:
    """Pause, go on with or delete a schedule; False if it was so. Raises LookupError.

    What a pause left out is not sent later. A deleted one is not brought back.
    """
    table = report_schedules
    async with db.write() as conn:
        await lock(conn, [schedule_id])
        known = await _find(conn, schedule_id)
        if known.state in (state, ScheduleState.DELETED):
            return False
        changed: dict[str, Any] = {"state": state, "updated_at": now}
        if state is ScheduleState.ACTIVE:
            changed["next_at"] = known.told.recurrence.next_after(now)
        await conn.execute(update(table).where(table.c.id == schedule_id).values(changed))
        if state is not ScheduleState.ACTIVE:
            runs = report_runs
            waiting = and_(runs.c.schedule_id == schedule_id, runs.c.state == RunState.WAITING)
            stopped = {"state": RunState.FAILED, "error": f"the schedule is {state}"}
            await conn.execute(update(runs).where(waiting).values(**stopped, ended_at=now))
        facts = {"schedule": schedule_id, "state": state, "by": by}
        await append(db, conn, [Draft(kind="report.schedule_switched", body=facts)])
    return True


async def listed(conn: AsyncConnection) -> list[Schedule]:
    """The schedules that are not deleted, by name."""
    table = report_schedules
    query = select(table).where(table.c.state != ScheduleState.DELETED)
    return [_schedule(row) for row in await conn.execute(query.order_by(table.c.name, table.c.id))]


async def runs(conn: AsyncConnection) -> list[Run]:
    """The last reports, newest first, those of deleted schedules too."""
    query = _runs().order_by(report_runs.c.due_at.desc(), report_runs.c.id).limit(SHOWN)
    return [_run(row) for row in await conn.execute(query)]


async def come_due(db: Database, *, now: datetime) -> int:
    """Make the reports whose time has come; how many. One for a schedule, whatever was missed."""
    table = report_schedules
    due = (
        select(table)
        .where(table.c.state == ScheduleState.ACTIVE, table.c.next_at <= now)
        .with_for_update(skip_locked=True)
    )
    async with db.write() as conn:
        schedules = [_schedule(row) for row in await conn.execute(due)]
        for schedule in schedules:
            rule = schedule.told.recurrence
            latest = rule.last_until(schedule.next_at, now)
            row = {
                "id": new_id("report"),
                "schedule_id": schedule.id,
                "due_at": latest,
                "first": rule.covered(schedule.next_at)[0],
                "last": rule.covered(latest)[1],
                "state": RunState.WAITING,
                "tries": 0,
                "next_at": now,
                "delivered": [],
                "files": {},
            }
            await conn.execute(insert(report_runs), row)
            await conn.execute(
                update(table)
                .where(table.c.id == schedule.id)
                .values(next_at=rule.next_after(latest))
            )
    return len(schedules)


async def claim(db: Database, *, now: datetime) -> list[Run]:
    """Lease the reports that are to be sent now; a lapsed lease is due again."""
    table = report_runs
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = (
        _runs()
        .where(table.c.state == RunState.WAITING, table.c.next_at <= now, free)
        .order_by(table.c.next_at, table.c.id)
        .with_for_update(of=table, skip_locked=True)
    )
    async with db.write() as conn:
        found = [_run(row) for row in await conn.execute(query)]
        await conn.execute(
            update(table)
            .where(table.c.id.in_([run.id for run in found]))
            .values(lease_until=now + LEASE)
        )
    return found


async def delivered(db: Database, run: Run, to: str) -> Run:
    """One more recipient has the report."""
    done = replace(run, delivered=(*run.delivered, to))
    await _change(db, run, {"delivered": list(done.delivered)}, [])
    return done


async def sent(db: Database, run: Run, files: Mapping[str, str], *, now: datetime) -> None:
    """Every recipient has it. The ledger names what was sent by its digests, and nobody."""
    facts = {
        "report": run.id,
        "schedule": run.schedule.id,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "recipients": len(run.delivered),
        "files": dict(files),
    }
    changed = {"state": RunState.SENT, "files": dict(files), "error": None, "ended_at": now}
    await _change(db, run, changed, [Draft(kind="report.sent", body=facts)])


async def failed(db: Database, run: Run, error: str, *, now: datetime) -> None:
    """It could not be sent: later again, or, after the last try, not any more."""
    changed: dict[str, Any] = {
        "tries": run.tries + 1,
        "error": error[:300],
        "lease_until": None,
    }
    drafts = []
    if run.tries < len(WAITS):
        changed["next_at"] = now + WAITS[run.tries]
    else:
        changed |= {"state": RunState.FAILED, "ended_at": now}
        facts = {"report": run.id, "schedule": run.schedule.id, "tries": run.tries + 1}
        drafts = [Draft(kind="report.failed", body=facts)]
    await _change(db, run, changed, drafts)


async def _change(
    db: Database, run: Run, values: Mapping[str, Any], drafts: Sequence[Draft]
) -> None:
    table = report_runs
    async with db.write() as conn:
        await conn.execute(update(table).where(table.c.id == run.id).values(**values))
        await append(db, conn, drafts)


async def _find(conn: AsyncConnection, schedule_id: str) -> Schedule:
    query = select(report_schedules).where(report_schedules.c.id == schedule_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no schedule {schedule_id}")
    return _schedule(row)


def _runs() -> Any:
    run, schedule = report_runs, report_schedules
    told = [column.label(f"of_{column.name}") for column in schedule.columns]
    return select(run, *told).join(schedule, schedule.c.id == run.c.schedule_id)


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        schedule=_schedule(row, "of_"),
        due_at=row.due_at,
        first=row.first,
        last=row.last,
        state=RunState(row.state),
        tries=row.tries,
        delivered=tuple(row.delivered),
        files=row.files,
        error=row.error,
        ended_at=row.ended_at,
    )


def _schedule(row: Row[Any], head: str = "") -> Schedule:
    told = {column.name: row._mapping[head + column.name] for column in report_schedules.columns}
    rule = Recurrence(
        every=Every(told["every"]),
        at=told["at"],
        zone=ZoneInfo(told["zone"]),
        weekday=told["weekday"],
        day=told["day"],
    )
    return Schedule(
        id=told["id"],
        told=NewSchedule(
            name=told["name"],
            recurrence=rule,
            recipients=tuple(told["recipients"]),
            formats=tuple(Format(form) for form in told["formats"]),
            language=told["language"],
            by=told["by"],
            creditor=told["creditor"],
            campaign_id=told["campaign_id"],
            team=told["team"],
        ),
        state=ScheduleState(told["state"]),
        next_at=told["next_at"],
    )
