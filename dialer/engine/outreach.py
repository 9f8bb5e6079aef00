"""One contact attempt from its due moment to its outcome: plan, gate, dial or send, dispose.

Nothing is sent without a Permit that the gate has committed. What the contact came to is settled
in one transaction with the case's next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from compliance.facts import Channel
from compliance.permit import Refusal
from dialer.engine.brakes import Brakes
from dialer.engine.channels import Attempted, ContactChannel
from dialer.engine.lines import Lines
from dialer.engine.planning import Order, follow_up, plan_next
from dialer.engine.requests import candidate
from dialer.engine.sending import Errand, send
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.case import Case, CaseStatus
from dialer.store import attempts, callbacks, cases, claims
from dialer.store.attempts import NOT_SENT, Outcome
from dialer.store.callbacks import Callback
from dialer.store.claims import DueCase
from dialer.store.database import Database
from dialer.store.gate import Gate, LedgerUnavailable
from dialer.store.ids import new_id
from dialer.store.work import FollowUp, WorkState
from scheduler.cadence import ALWAYS_STOP, Next, Past
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

NOT_SENT_PAUSE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A leased case and the contact that is due on it."""

    order: Order
    due: DueCase
    case: Case
    planned: Next
    callback: Callback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outreach:
    """Works due cases of campaigns."""

    db: Database
    gate: Gate
    channels: Mapping[Channel, ContactChannel]
    feed: Feed
    clock: Clock
    owner: str
    lines: Lines
    brakes: Brakes | None = None

    async def work(self, order: Order, due: DueCase) -> None:
        """Contact the consumer of a leased case if that is what its strategy wants now."""
        now = self.clock.now()
        async with self.db.read() as conn:
            case = (await cases.load(conn, [due.case_id]))[due.case_id]
            promised = await callbacks.open_of(conn, due.campaign_id, due.case_id)
        if promised is not None and _wanted(case):
            await self._call_back(order, due, case, promised)
            return
        planned = plan_next(order, case, placed_at=due.placed_at, now=now)
        if not isinstance(planned, Next) or planned.due > now or planned.channel != due.channel:
            await claims.plan(self.db, due, follow_up(planned), now)
            return
        if planned.channel is Channel.CALL and self.brakes is not None:
            hold = self.brakes.hold(order.campaign, case, due.list_name, now)
            if hold is not None:
                later = replace(planned, due=hold.until)
                await claims.plan(self.db, due, follow_up(later), now)
                return
        await self._contact(_Task(order=order, due=due, case=case, planned=planned))

    async def call_for(self, order: Order, due: DueCase, agent: str) -> str | None:
        """Call a leased case on an agent's word; why not, where it can't be. The gate decides."""
        now = self.clock.now()
        async with self.db.read() as conn:
            case = (await cases.load(conn, [due.case_id]))[due.case_id]
            promised = await callbacks.open_of(conn, due.campaign_id, due.case_id)
        points = case.usable_points(Channel.CALL)
        if case.status is not CaseStatus.OPEN or not points:
            await claims.plan(self.db, due, FollowUp(state=WorkState.HELD), now)
            return f"the case is {case.status}" if points else "no usable phone number"
        planned = Next(
            step=due.step,
            channel=Channel.CALL,
            template=_spoken(order),
            position=points[0].position,
            retry=0,
            due=now,
            reason=f"called by {agent}",
        )
        self.lines.dialed(due.campaign_id, due.case_id, agent)
        task = _Task(order=order, due=due, case=case, planned=planned, callback=promised)
        return await self._contact(task)

    async def _call_back(self, order: Order, due: DueCase, case: Case, promised: Callback) -> None:
        """Call at the hour that was promised; until then the strategy waits."""
        now = self.clock.now()
        points = case.usable_points(Channel.CALL)
        if promised.at > now or due.channel is not Channel.CALL or not points:
            wanted = promised.follow_up(due.step) if points else FollowUp(state=WorkState.HELD)
            await claims.plan(self.db, due, wanted, now)
            return
        point = next((p for p in points if p.id == promised.contact_point_id), points[0])
        planned = Next(
            step=due.step,
            channel=Channel.CALL,
            template=_spoken(order),
            position=point.position,
            retry=0,
            due=promised.at,
            reason="callback",
        )
        self.lines.promised(due.campaign_id, due.case_id, promised.agent)
        task = _Task(order=order, due=due, case=case, planned=planned, callback=promised)
        await self._contact(task)

    async def _contact(self, task: _Task) -> str | None:
        """Make the contact; why not, where the gate says no."""
        asked = candidate(
            task.order, task.case, task.planned, attempt_id=new_id("attempt"), owner=self.owner
        )
        try:
            decision = await self.gate.admit(asked)
        except LedgerUnavailable as error:
            log.error("no decision, so no contact", case_id=task.case.id, error=str(error))
            return "no decision could be written"
        if isinstance(decision, Refusal):
            await self._tell("refusal", decision.attempt_id, task, rule=decision.binding_rule)
            return decision.binding_rule
        channel = self.channels[task.planned.channel]
        await self._tell("attempt", decision.attempt_id, task, state="active")
        errand = Errand(
            permit=decision,
            case=task.case,
            template=task.planned.template,
            campaign=task.order.campaign,
        )
        promised = task.callback
        if promised is not None:
            now = self.clock.now()
            await callbacks.begin(self.db, promised.id, decision.attempt_id, now=now)
        attempted = await send(self.db, self.clock, channel, errand)
        if promised is not None and attempted.outcome == NOT_SENT:
            await callbacks.reopen(self.db, promised.id)
        await self._settle(decision.attempt_id, task, attempted)
        if attempted.detail.get("agent_lost"):
            await callbacks.note_lost_agent(
                self.db,
                case_id=task.case.id,
                consumer_id=task.case.consumer.id,
                campaign_id=task.order.campaign.id,
                now=self.clock.now(),
            )
        await channel.after(decision, task.case, attempted)
        await self._tell("attempt", decision.attempt_id, task, outcome=attempted.outcome)
        return None

    async def _settle(self, attempt_id: str, task: _Task, attempted: Attempted) -> None:
        now = self.clock.now()
        outcome = Outcome(
            outcome=attempted.outcome,
            at=now,
            detail=attempted.detail,
            counts_as_connected=attempted.counts_as_connected,
        )
        await attempts.settle(
            self.db, attempt_id, outcome, follow_up=_follow_up(task, attempted, now)
        )

    async def _tell(self, topic: str, attempt_id: str, task: _Task, **more: str | None) -> None:
        data = {
            "attempt_id": attempt_id,
            "campaign_id": task.order.campaign.id,
            "case_id": task.case.id,
            "channel": str(task.planned.channel),
            **more,
        }
        await self.feed.publish(FeedEvent(topic=topic, at=self.clock.now(), data=data))


def _wanted(case: Case) -> bool:
    """Whether a callback still makes sense: nothing has ended the contact for good."""
    ended = any(past.outcome in ALWAYS_STOP for past in case.history)
    return case.status is CaseStatus.OPEN and not ended


def _spoken(order: Order) -> str:
    """What a campaign without agents says in a callback: the words of its first call."""
    steps = order.strategy.steps
    return next((s.template for s in steps if s.channel is Channel.CALL), steps[0].template)


def _follow_up(task: _Task, attempted: Attempted, now: datetime) -> FollowUp:
    """The case's next step; what was not sent is tried again soon, and counts for nothing."""
    if attempted.outcome == NOT_SENT:
        return FollowUp(
            state=WorkState.DUE,
            step=task.planned.step,
            channel=task.planned.channel,
            at=now + NOT_SENT_PAUSE,
        )
    past = Past(
        at=now,
        outcome=attempted.outcome,
        step=task.planned.step,
        channel=task.planned.channel,
        position=task.planned.position,
    )
    return follow_up(
        plan_next(task.order, task.case, placed_at=task.due.placed_at, now=now, also=[past])
    )
