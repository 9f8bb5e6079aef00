"""Consumers who call us: a polite message, and a contact in the history of whose number it is."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from compliance.facts import Channel
from dialer.engine.call import CallReport, Calls
from dialer.engine.prompts import INBOUND
from dialer.engine.supervisor import Supervisor
from dialer.engine.voice import STOP_KEY
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.attempt import CallPlan
from dialer.model.call_events import CallOutcome, Incoming
from dialer.model.contact_point import PointKind
from dialer.store import inbound
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCalls:
    """Takes every call that comes in. `country` is that of numbers without a country's prefix."""

    db: Database
    calls: Calls
    feed: Feed
    clock: Clock
    supervisor: Supervisor
    country: str
    language: str = "en"

    async def follow(self) -> None:
        """Take calls until cancelled."""
        async for incoming in self.calls.arrivals():
            self.supervisor.start(self._take(incoming), kinds=("inbound",), name=incoming.call_id)

    async def _take(self, incoming: Incoming) -> None:
        report = await self.calls.take(incoming, PLAN, language=self.language)
        number = self._e164(incoming.number)
        if number is None:
            log.info("a call from a withheld or unreadable number", call_id=incoming.call_id)
        else:
            await self._enter(incoming.call_id, number, report)

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
