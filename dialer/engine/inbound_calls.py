"""Consumers who call us: an agent of their campaign where there is one, else a polite message.

Either way the call is a contact in the history of everyone whose number it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from compliance.facts import Channel
from compliance.packs import Catalogue
from dialer.engine.call import CallReport, Calls
from dialer.engine.desk import Desk
from dialer.engine.lines import Errand, Lines
from dialer.engine.prompts import APOLOGY, INBOUND
from dialer.engine.recording_duty import must_record
from dialer.engine.supervisor import Supervisor
from dialer.engine.voice import STOP_KEY, skills_of
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.attempt import CallPlan
from dialer.model.call_events import CallOutcome, Incoming
from dialer.model.campaign import CampaignState
from dialer.model.contact_point import PointKind
from dialer.pacing.floor import Urgency
from dialer.store import campaigns, cases, inbound
from dialer.store.database import Database
from dialer.store.importing.values import phone
from dialer.store.inbound import Inbound
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

PLAN = CallPlan(
    live_message=INBOUND,
    voicemail=None,
    record=False,
    recording_notice=None,
    detect_machine=False,
)


TO_AN_AGENT = replace(PLAN, agent=True, abandonment=INBOUND, apology=APOLOGY, agent_patience_s=20.0)
"""Nobody dialed this call: the caller may wait for longer than one who was called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCalls:
    """Takes every call that comes in. `country` is that of numbers without a country's prefix.

    With a `desk` a caller whom the number names reaches an agent of a campaign that runs, is set
    to take calls and has their case; callers whom it can't name hear the message. So do those whose
    talk the law would have recorded: calls that come in are not.
    """

    db: Database
    calls: Calls
    feed: Feed
    clock: Clock
    supervisor: Supervisor
    country: str
    lines: Lines
    catalogue: Catalogue
    actor: str
    desk: Desk | None = None
    language: str = "en"

    async def follow(self) -> None:
        """Take calls until cancelled."""
        async for incoming in self.calls.arrivals():
            self.supervisor.start(self._take(incoming), kinds=("inbound",), name=incoming.call_id)

    async def _take(self, incoming: Incoming) -> None:
        number = self._e164(incoming.number)
        errand = None if number is None else await self._errand(incoming.call_id, number)
        if errand is not None:
            self.lines.arrived(errand)
        try:
            plan = PLAN if errand is None else TO_AN_AGENT
            report = await self.calls.take(incoming, plan, language=self.language)
        finally:
            self.lines.over(incoming.call_id)
        if number is None:
            log.info("a call from a withheld or unreadable number", call_id=incoming.call_id)
            return
        await self._enter(incoming.call_id, number, report)
        if errand is not None and self.desk is not None:
            self.desk.kept(incoming.call_id)

    async def _errand(self, call_id: str, number: str) -> Errand | None:
        """The caller's case for an agent; None where nobody could take it."""
        if self.desk is None:
            return None
        async with self.db.read() as conn:
            known = await inbound.caller(conn, number)
            if known is None:
                return None
            case = (await cases.load(conn, [known.case_id]))[known.case_id]
            in_turn = [await campaigns.load(conn, ident) for ident in known.campaigns]
        if await must_record(self.db, self.catalogue, case, actor=self.actor):
            return None
        for campaign in in_turn:
            needs = skills_of(campaign, case)
            runs = campaign.state is CampaignState.RUNNING and campaign.settings.takes_calls
            if runs and self.desk.could_serve(campaign.id, needs):
                return Errand(
                    call_id=call_id,
                    campaign_id=campaign.id,
                    case_id=case.id,
                    consumer_id=known.consumer_id,
                    urgency=Urgency.INBOUND,
                    needs=needs,
                )
        return None

    def _e164(self, number: str) -> str | None:
        if number.startswith("+"):
            return number
        try:
            return phone(number, self.country).e164
        except ValueError:
            return None

    async def _enter(self, call_id: str, number: str, report: CallReport) -> None:
        """Who rang, even if they hung up before the answer, has contacted us."""
        withdraws = STOP_KEY in report.call.digits
        ended = report.call.ended
        answered = ended is not None and ended.outcome is CallOutcome.ANSWERED
        received = await inbound.record_inbound(
            self.db,
            Inbound(
                kind=PointKind.PHONE,
                value=number,
                channel=Channel.CALL,
                at=self.clock.now(),
                outcome="STOP" if withdraws else "received",
                source="call",
                source_key=call_id,
                opt_out=Channel.CALL if withdraws else None,
                body=None if answered else "rang, and hung up before the answer",
            ),
        )
        data = {"channel": str(Channel.CALL), "people": str(len(received))}
        await self.feed.publish(FeedEvent(topic="inbound", at=self.clock.now(), data=data))
