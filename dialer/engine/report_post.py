"""Sends the reports whose time has come to the recipients of their schedules.

Fail closed: no longer to a domain that the settings do not list, nor for somebody who may not see
reports any more. What fails is tried again, and each recipient gets a report once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

import structlog

from dialer.store import report_schedules
from dialer.store.database import Database
from dialer.store.report_schedules import Run
from messaging.email.staff import File, NotOurs, Post, StaffMail, need_ours
from messaging.transport import TransportError

log = structlog.get_logger(__name__)


class NotSent(Exception):
    """The report can't go out now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report in the words of its reader."""

    subject: str
    text: str
    files: Sequence[File]


Make = Callable[[Run], Awaitable[Made]]
"""Makes the mail of a run from the store. Raises LookupError for a campaign that is gone."""
Entitled = Callable[[str], Awaitable[bool]]
"""Whether the account of this name may see reports now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPost:
    """`post` None = there is no mail relay: reports wait, and their failures show it."""

    db: Database
    post: Post | None
    sender: str
    domains: Collection[str]
    make: Make
    entitled: Entitled

    async def run_once(self) -> int:
        """Make what is due and send it; how many reports went out whole."""
        now = self.db.clock.now()
        await report_schedules.come_due(self.db, now=now)
        sent = 0
        for run in await report_schedules.claim(self.db, now=now):
            try:
                await self._send(run)
            except (NotSent, NotOurs, TransportError, LookupError) as error:
                log.warning("report not sent", report=run.id, error=type(error).__name__)
                at = self.db.clock.now()
                await report_schedules.failed(self.db, run, str(error), now=at)
            else:
                sent += 1
        return sent

    async def _send(self, run: Run) -> None:
        told = run.schedule.told
        if self.post is None:
            raise NotSent("no mail relay is set up")
        if not await self.entitled(told.by):
            raise NotSent(f"{told.by}, whose report it is, may not see reports any more")
        for who in told.recipients:
            need_ours(who, self.domains)
        made = await self.make(run)
        lost: TransportError | None = None
        for who in run.waiting_for:
            mail = StaffMail(
                message_id=f"{run.id}.{sha256(who.encode()).hexdigest()[:12]}",
                sender=self.sender,
                to=who,
                subject=made.subject,
                text=made.text,
                language=told.language,
                files=tuple(made.files),
            )
            try:
                await self.post(mail)
            except TransportError as error:
                lost = error
            else:
                run = await report_schedules.delivered(self.db, run, who)
        if lost is not None:
            raise lost
        digests = {file.name: sha256(file.content).hexdigest() for file in made.files}
        await report_schedules.sent(self.db, run, digests, now=self.db.clock.now())
