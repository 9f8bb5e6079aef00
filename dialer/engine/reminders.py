"""The periodic jobs of case work: reminders before a payment, and what came of its day.

A reminder is a contact like any other: the gate decides on it, and it is sent by the first
channel of the consumer's that is open now. What is closed now is tried again at the next run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.decision import decide
from compliance.facts import Channel, ContactRequest
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Permit, Refusal
from dialer.engine.channels import ContactChannel
from dialer.engine.requests import RESERVATION, hypothetical
from dialer.engine.sending import Errand, send
from dialer.model.case import Case
from dialer.store import attempts, cases, plan_course, promises, reminder_rows
from dialer.store.attempts import NOT_SENT, Outcome
from dialer.store.database import Database
from dialer.store.facts import read_facts
from dialer.store.gate import Candidate, Gate
from dialer.store.ids import new_id
from dialer.store.reminder_rows import DueReminder
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

WRITTEN = (Channel.SMS, Channel.EMAIL)
DAYS_BEFORE = 2
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Reminds of promises and instalments. `actor` is whom the rules bind."""

    db: Database
    gate: Gate
    catalogue: Catalogue
    channels: Mapping[Channel, ContactChannel]
    clock: Clock
    owner: str
    actor: str

    async def remind(self) -> int:
        """Send what is due and lawful now; how many went out."""
        async with self.db.read() as conn:
            due = await reminder_rows.due_reminders(
                conn, self.clock.now(), days_before=DAYS_BEFORE, limit=BATCH
            )
        return sum([await self._remind_one(reminder) for reminder in due])

    async def _remind_one(self, reminder: DueReminder) -> bool:
        async with self.db.read() as conn:
            case = (await cases.load(conn, [reminder.case_id]))[reminder.case_id]
            asked = await self._open_now(conn, case, reminder.purpose)
        if asked is None:
            return False
        decision = await self.gate.admit(
            Candidate(
                request=asked,
                case_id=case.id,
                actor=self.actor,
                owner=self.owner,
                lease=RESERVATION,
            )
        )
        if isinstance(decision, Refusal):
            return False
        errand = Errand(
            permit=decision,
            case=replace(case, next_payment=reminder.payment),
            template=reminder.purpose,
        )
        attempted = await send(self.db, self.clock, self.channels[asked.channel], errand)
        now = self.clock.now()
        outcome = Outcome(outcome=attempted.outcome, at=now, detail=attempted.detail)
        await attempts.settle(self.db, decision.attempt_id, outcome)
        if attempted.outcome == NOT_SENT:
            log.warning("reminder not sent", case_id=case.id, reminder=reminder.subject)
            return False
        await reminder_rows.mark_reminded(self.db, reminder, now=now)
        return True

    async def _open_now(
        self, conn: AsyncConnection, case: Case, purpose: str
    ) -> ContactRequest | None:
        """The first written contact that would be permitted now, so that no refusal piles up."""
        for channel in WRITTEN:
            asked = hypothetical(case, channel, actor=self.actor)
            if asked is None or channel not in self.channels:
                continue
            asked = replace(asked, attempt_id=new_id("attempt"), purpose=purpose)
            now = self.clock.now()
            facts = (await read_facts(conn, [asked])).facts(asked, self.actor, now)
            rulebook = select_packs(self.catalogue, asked, facts)
            if isinstance(decide(asked, facts, rulebook, now), Permit):
                return asked
        return None


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
