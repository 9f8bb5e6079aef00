"""What comes back from the wires of texts and e-mails: receipts, bounces, replies, withdrawals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from compliance.facts import Channel
from dialer.engine.confirmation import Confirmations
from dialer.engine.supervisor import Supervisor
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.contact_point import KIND_OF_CHANNEL
from dialer.store import attempts, consumers, inbound
from dialer.store.attempts import Outcome, StillOpen
from dialer.store.database import Database
from dialer.store.inbound import Inbound, Received
from messaging.email.unsubscribe import BadToken, read_token
from messaging.inbound import Intent, intent_of
from messaging.message import InboundMessage, MessageEvent, MessageStatus, StatusReport
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

AGAIN_S = 0.1

OUTCOMES = {
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.UNDELIVERABLE: "undeliverable",
    MessageStatus.EXPIRED: "undeliverable",
    MessageStatus.BOUNCED: "bounced",
    MessageStatus.UNKNOWN: "unknown",
}
"""Final reports and the outcome that they give an attempt; the others say nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Enters what comes back into the case store."""

    db: Database
    feed: Feed
    clock: Clock
    unsubscribe_key: bytes
    confirmations: Confirmations
    supervisor: Supervisor
    actor: str

    async def follow(self, events: AsyncIterator[MessageEvent]) -> None:
        """Enter one transport's events, in order, until they end.

        An event that cannot be entered now is tried again: a withdrawal must not be lost.
        """
        async for event in events:
            while not await self._entered(event):
                await self.clock.sleep(AGAIN_S)

    async def _entered(self, event: MessageEvent) -> bool:
        try:
            if isinstance(event, StatusReport):
                await self._report(event)
            else:
                await self._message(event)
        except StillOpen:
            return False  # the receipt overtook our own note that the message went out
        except (SQLAlchemyError, OSError) as error:
            log.error("event not entered", event=type(event).__name__, error=str(error))
            return False
        return True

    async def unsubscribe(self, token: str) -> bool:
        """Act on a link's token; False for one that is not ours."""
        try:
            subscription = read_token(token, [self.unsubscribe_key])
        except BadToken:
            return False
        now = self.clock.now()
        await consumers.opt_out(
            self.db,
            subscription.person_id,
            channel=Channel(subscription.channel),
            contact_point_id=subscription.contact_point,
            at=now,
            source="unsubscribe",
        )
        return True

    async def _report(self, report: StatusReport) -> None:
        outcome = OUTCOMES.get(report.status)
        if outcome is None:
            return
        detail = {"receipt": report.code or str(report.status), "provider_id": report.provider_id}
        now = self.clock.now()
        try:
            changed = await attempts.revise(
                self.db, report.message_id, Outcome(outcome=outcome, at=now, detail=detail)
            )
        except LookupError:
            log.warning("receipt for no message of ours", message_id=report.message_id)
            return
        if changed:
            data = {"attempt_id": report.message_id, "outcome": outcome}
            await self.feed.publish(FeedEvent(topic="attempt", at=now, data=data))

    async def _message(self, message: InboundMessage) -> None:
        channel = Channel(message.channel)
        withdraws = intent_of(message) is Intent.OPT_OUT
        now = self.clock.now()
        received = await inbound.record_inbound(
            self.db,
            Inbound(
                kind=KIND_OF_CHANNEL[channel],
                value=message.sender,
                channel=channel,
                at=now,
                outcome="STOP" if withdraws else "received",
                source=message.channel,
                opt_out=channel if withdraws else None,
                in_reply_to=message.in_reply_to,
                body=message.text,
            ),
        )
        if withdraws and channel is Channel.SMS:
            self._confirm(received, message.sender)
        data = {"channel": message.channel, "outcome": "STOP" if withdraws else "received"}
        await self.feed.publish(FeedEvent(topic="attempt", at=now, data=data))

    def _confirm(self, received: Sequence[Received], number: str) -> None:
        """One confirmation for a new withdrawal, however many people share the number.

        A withdrawal said again gets none: two machines would answer each other for ever.
        """
        case_id = next((one.case_id for one in received if one.withdrew and one.case_id), None)
        if case_id is not None:
            work = self.confirmations.confirm(case_id, number, self.actor)
            self.supervisor.start(work, kinds=("confirmation",), name=case_id)
