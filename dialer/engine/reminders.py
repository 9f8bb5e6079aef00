"""The periodic jobs of case work: reminders before a payment, and what came of its day.

What is closed to a reminder now is tried again at the next run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.permit import Refusal
from dialer.engine.notices import Notices
from dialer.store import cases, plan_course, promises, reminder_rows
from dialer.store.attempts import NOT_SENT
from dialer.store.database import Database
from dialer.store.reminder_rows import DueReminder

log = structlog.get_logger(__name__)

DAYS_BEFORE = 2
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Reminds of promises and instalments."""

    db: Database
    notices: Notices

    async def remind(self) -> int:
        """Send what is due and lawful now; how many went out."""
        async with self.db.read() as conn:
            due = await reminder_rows.due_reminders(
                conn, self.db.clock.now(), days_before=DAYS_BEFORE, limit=BATCH
            )
        return sum([await self._remind_one(reminder) for reminder in due])

    async def _remind_one(self, reminder: DueReminder) -> bool:
        async with self.db.read() as conn:
            case = (await cases.load(conn, [reminder.case_id]))[reminder.case_id]
            ways = self.notices.ways(case, reminder.purpose)
            asked = await self.notices.open_now(conn, ways)
        if asked is None:
            return False
        decision = await self.notices.admit(asked, case)
        if isinstance(decision, Refusal):
            return False
        case = replace(case, next_payment=reminder.payment)
        attempted = await self.notices.send(decision, case, reminder.purpose)
        if attempted.outcome == NOT_SENT:
            log.warning("reminder not sent", case_id=case.id, reminder=reminder.subject)
            return False
        await reminder_rows.mark_reminded(self.db, reminder, now=self.db.clock.now())
        return True


async def judge_promises(db: Database) -> int:
    """Judge every open promise whose day is past; how many changed."""

    async def due(conn: AsyncConnection, after: str) -> Sequence[str]:
        return await promises.due_for_judgement(conn, db.clock.now(), after=after, limit=BATCH)

    return await _all(db, due, lambda case: promises.judge_case(db, case, now=db.clock.now()))


async def assess_plans(db: Database) -> int:
    """Hold every plan in force against what was paid; how many things changed."""

    async def due(conn: AsyncConnection, after: str) -> Sequence[str]:
        return await plan_course.due_for_assessment(conn, db.clock.now(), after=after, limit=BATCH)

    return await _all(db, due, lambda case: plan_course.assess_case(db, case, now=db.clock.now()))


async def _all(
    db: Database,
    due: Callable[[AsyncConnection, str], Awaitable[Sequence[str]]],
    act: Callable[[str], Awaitable[int]],
) -> int:
    """Act on every case in turn, page by page; one transaction a case."""
    changed, after = 0, ""
    while True:
        async with db.read() as conn:
            page = await due(conn, after)
        if not page:
            return changed
        for case_id in page:
            changed += await act(case_id)
        after = page[-1]
