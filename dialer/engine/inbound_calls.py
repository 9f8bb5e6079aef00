"""Consumers who call us: an agent of their campaign where there is one, else a choice.

Whom nobody takes may be called back or leave a message. Either way the call is a contact in the
history of everyone whose number it is; a talk with an agent is a conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from compliance.facts import Channel
from compliance.packs import Catalogue
from dialer.engine import prompts
from dialer.engine.call import CallReport, Calls
from dialer.engine.caller_wishes import CallerWishes
from dialer.engine.desk import Desk
from dialer.engine.lines import Errand, Lines
from dialer.engine.recording_duty import UNKNOWN, RecordingDuty, handling, recording_duty
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.engine.supervisor import Supervisor
from dialer.engine.voice import skills_of
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.attempt import CallPlan
from dialer.model.call_events import CallOutcome, Incoming
from dialer.model.campaign import Campaign, CampaignState
from dialer.model.case import Case
from dialer.model.contact_point import PointKind
from dialer.model.inbound_call import result
from dialer.model.offer import Booked, Choice, Offer
from dialer.pacing.floor import Urgency
from dialer.store import callbacks, campaigns, cases, inbound, inbound_calls
from dialer.store.database import Database
from dialer.store.importing.values import phone
from dialer.store.inbound import Caller, Inbound, Unmatched
from dialer.store.inbound_calls import Arrived, Over
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

LONGEST_WAIT_S = 900.0
KEY_PATIENCE_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call that has come in, with what is known of its caller and what the law asks."""

    incoming: Incoming
    number: str | None
    who: Caller | Unmatched
    case: Case | None
    duty: RecordingDuty
    campaigns: Sequence[Campaign]

    @property
    def id(self) -> str:
        return self.incoming.call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCalls:
    """Takes every call that comes in. `country` is that of numbers without a country's prefix.

    With a `desk` a caller whom the number names reaches an agent of a campaign that runs, is set
    to take calls and has their case. A call is recorded as one of ours is; where the law would
    have it recorded and it can't be, no agent takes it and the caller has the choice at once.
    Nothing of a debt is said to anybody before an agent does. A caller hears music for `wait_s`
    before they are offered a choice, and between two offers.
    """

    db: Database
    calls: Calls
    keeper: RecordingKeeper
    feed: Feed
    clock: Clock
    supervisor: Supervisor
    country: str
    lines: Lines
    catalogue: Catalogue
    wishes: CallerWishes
    actor: str
    owner: str
    wait_s: float
    longest_message_s: float
    desk: Desk | None = None
    language: str = "en"
    key_patience_s: float = KEY_PATIENCE_S

    async def at_start(self) -> None:
        """Put the calls that a crash ended into the history: what came of them is not known."""
        for row in await inbound_calls.cut_off(self.db, self.owner):
            log.warning("a call that came in was cut off", call_id=row.id)
            if row.number is not None:
                await self._record(row.id, row.number, outcome="unknown")

    async def follow(self) -> None:
        """Take calls until cancelled."""
        async for incoming in self.calls.arrivals():
            self.supervisor.start(self._take(incoming), kinds=("inbound",), name=incoming.call_id)

    async def _take(self, incoming: Incoming) -> None:
        call = await self._identify(incoming)
        unready = await self.keeper.vault.ready()
        errand = self._errand(call, recorder_ready=unready is None)
        await inbound_calls.arrived(self.db, self._arrival(call, errand))
        plan = self._plan(call, recorder_ready=unready is None, agent=errand is not None)
        if errand is not None:
            self.lines.arrived(errand)
        spoken = call.case.consumer.language if call.case is not None else None
        try:
            report = await self.calls.take(
                incoming, plan, language=spoken or self.language, book=partial(self._book, call)
            )
        finally:
            self.lines.over(call.id)
        await self._enter(call, errand, report)

    async def _identify(self, incoming: Incoming) -> _Call:
        number = self._e164(incoming.number)
        who: Caller | Unmatched = Unmatched(why="withheld")
        case, duty, in_turn = None, UNKNOWN, []
        if number is not None:
            async with self.db.read() as conn:
                who = await inbound.caller(conn, number)
                if isinstance(who, Caller):
                    case = (await cases.load(conn, [who.case_id]))[who.case_id]
                    in_turn = [await campaigns.load(conn, ident) for ident in who.campaigns]
        if case is not None:
            duty = await recording_duty(self.db, self.catalogue, case, actor=self.actor)
        return _Call(
            incoming=incoming, number=number, who=who, case=case, duty=duty, campaigns=in_turn
        )

    def _errand(self, call: _Call, *, recorder_ready: bool) -> Errand | None:
        """The caller's case for an agent; None where nobody could take it."""
        allowed = handling(call.duty, recorder_ready=recorder_ready).talk
        if self.desk is None or call.case is None or not allowed:
            return None
        for campaign in call.campaigns:
            needs = skills_of(campaign, call.case)
            runs = campaign.state is CampaignState.RUNNING and campaign.settings.takes_calls
            if runs and self.desk.could_serve(campaign.id, needs):
                return Errand(
                    call_id=call.id,
                    campaign_id=campaign.id,
                    case_id=call.case.id,
                    consumer_id=call.case.consumer.id,
                    urgency=Urgency.INBOUND,
                    needs=needs,
                )
        return None

    def _arrival(self, call: _Call, errand: Errand | None) -> Arrived:
        known = isinstance(call.who, Caller)
        first = call.campaigns[0].id if call.campaigns else None
        return Arrived(
            call_id=call.id,
            worker=self.owner,
            number=call.number,
            matched="number" if isinstance(call.who, Caller) else call.who.why,
            consumer_id=call.who.consumer_id if isinstance(call.who, Caller) else None,
            case_id=call.who.case_id if isinstance(call.who, Caller) else None,
            campaign_id=errand.campaign_id if errand is not None else first,
            duties=call.duty.document() if known else {},
        )

    def _plan(self, call: _Call, *, recorder_ready: bool, agent: bool) -> CallPlan:
        """A message can be kept where the vault is ready: its caller speaks to a recorder."""
        choices = {Choice.MESSAGE} if recorder_ready else set()
        if call.number is not None:
            choices |= {Choice.CALLBACK, Choice.NO_CALLS}
        offer = self._offer(choices)
        return CallPlan(
            live_message=offer.last_menu,
            voicemail=None,
            record=agent and handling(call.duty, recorder_ready=recorder_ready).record,
            recording_notice=prompts.RECORDING_NOTICE,
            detect_machine=False,
            agent=agent,
            apology=prompts.APOLOGY,
            agent_patience_s=self.wait_s,
            offer=offer,
        )

    def _offer(self, choices: set[Choice]) -> Offer:
        pressed = [key for choice, key in prompts.PRESS.items() if choice in choices]
        menu = [prompts.NOBODY_FREE, *pressed]
        return Offer(
            choices=frozenset(choices),
            menu=prompts.JOINT.join([*menu, prompts.OR_WAIT]),
            last_menu=prompts.JOINT.join(menu if pressed else [prompts.GOODBYE]),
            music=prompts.MUSIC,
            speak=prompts.JOINT.join([prompts.SPEAK, prompts.BEEP]),
            taken=prompts.TAKEN,
            booked=prompts.BOOKED,
            not_booked=prompts.NOT_BOOKED,
            no_calls=prompts.NO_CALLS,
            goodbye=prompts.GOODBYE,
            longest_message_s=self.longest_message_s,
            longest_wait_s=LONGEST_WAIT_S,
            key_patience_s=self.key_patience_s,
        )

    async def _book(self, call: _Call) -> Booked:
        """Keep the wish; a stranger's waits on the list until somebody finds their case."""
        if isinstance(call.who, Unmatched):
            return Booked(at_an_hour=False)
        return await self.wishes.book(call.id, call.who)

    def _e164(self, number: str) -> str | None:
        if number.startswith("+"):
            return number
        try:
            return phone(number, self.country).e164
        except ValueError:
            return None

    async def _enter(self, call: _Call, errand: Errand | None, report: CallReport) -> None:
        """Who rang, even if they hung up before the answer, has contacted us."""
        ended, course = report.call.ended, report.call.course
        answered = ended is not None and ended.outcome is CallOutcome.ANSWERED
        event_id = None
        if call.number is None:
            log.info("a call from a withheld or unreadable number", call_id=call.id)
        else:
            event_id = await self._record(
                call.id,
                call.number,
                outcome="conversation" if report.call.conversation else "received",
                withdraws=course.choice is Choice.NO_CALLS,
                debts=_owed(call.case) if report.call.conversation else None,
                body=None if answered else "rang, and hung up before the answer",
            )
        outcome = result(report.call)
        unmet = outcome == "callback" and not course.booked
        unmet |= outcome == "no_calls" and isinstance(call.who, Unmatched)
        agent = self.desk.screens.holder(call.id) if self.desk and errand else None
        await inbound_calls.over(
            self.db,
            Over(
                call_id=call.id,
                outcome=outcome,
                agent=agent,
                event_id=event_id,
                message_ms=course.message_ms,
                message_length_ms=round(1000 * course.message_s) or None,
                todo=unmet or outcome == "message",
            ),
        )
        if errand is not None:
            await self._after_the_desk(errand, report)
        if report.recording_error is not None:
            await self.keeper.failed(call.id, "not_whole")
        if report.recording is not None:
            await self.keeper.seal(call.id, report.recording, notice_ms=report.call.notice_ms)

    async def _after_the_desk(self, errand: Errand, report: CallReport) -> None:
        if report.call.agent_lost:
            await callbacks.note_lost_agent(
                self.db,
                case_id=errand.case_id,
                consumer_id=errand.consumer_id,
                campaign_id=errand.campaign_id,
                now=self.clock.now(),
            )
        if self.desk is not None:
            self.desk.kept(errand.call_id)

    async def _record(
        self,
        call_id: str,
        number: str,
        *,
        outcome: str,
        withdraws: bool = False,
        debts: tuple[str, ...] | None = None,
        body: str | None = None,
    ) -> str | None:
        """Enter the call into the histories; the event where it is that of one person."""
        received = await inbound.record_inbound(
            self.db,
            Inbound(
                kind=PointKind.PHONE,
                value=number,
                channel=Channel.CALL,
                at=self.clock.now(),
                outcome="STOP" if withdraws else outcome,
                source="call",
                source_key=call_id,
                opt_out=Channel.CALL if withdraws else None,
                debts=debts,
                body=body,
            ),
        )
        data = {"channel": str(Channel.CALL), "people": str(len(received)), "call_id": call_id}
        await self.feed.publish(FeedEvent(topic="inbound", at=self.clock.now(), data=data))
        return received[0].event_id if len(received) == 1 else None


def _owed(case: Case | None) -> tuple[str, ...]:
    """The debts that a talk may have been about, until the agent says which."""
    return () if case is None else tuple(d.id for d in case.debts if d.status == "open")
