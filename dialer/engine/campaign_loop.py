"""Steps 1 to 3 of a contact attempt: look at lines and agents, plan, claim what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import structlog

from compliance.facts import Channel
from compliance.packs import Catalogue
from dialer.engine import previews
from dialer.engine.budget import budget_of
from dialer.engine.desk import Desk
from dialer.engine.outreach import Outreach
from dialer.engine.pace import Board, Line, Pace
from dialer.engine.planning import Order, read_order
from dialer.engine.previews import Preview, Wanted
from dialer.engine.supervisor import Supervisor
from dialer.model.campaign import Campaign, CampaignState
from dialer.pacing.floor import Team
from dialer.pacing.lists import OTHERS
from dialer.pacing.plan import Counts, Sample
from dialer.store import abandonment, campaigns, claims, loop_reports, pacers, relistening, roster
from dialer.store.claims import DueCase
from dialer.store.database import Database
from dialer.store.work import FollowUp, WorkState
from scheduler.cadence import StrategyError
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

TICK_S = 0.25
CLAIM_LEASE = timedelta(seconds=60)
WRITTEN_AT_ONCE = 40
UNPLANNED_AT_ONCE = 200
COUNT_S = 5.0
SAVE_S = 30.0
REPORT_S = 10.0
TELL_S = 1.0
NOBODY = Team(ready=(), talk=(), wrap=(), paused=())


class CampaignLoop:
    """Starts what running campaigns may start now. Without a `desk` there are no agents."""

    def __init__(
        self,
        *,
        db: Database,
        outreach: Outreach,
        supervisor: Supervisor,
        clock: Clock,
        owner: str,
        lines: int,
        catalogue: Catalogue,
        line: Line,
        desk: Desk | None = None,
    ) -> None:
        self._db = db
        self._outreach = outreach
        self._supervisor = supervisor
        self._clock = clock
        self._owner = owner
        self._most = lines
        self._catalogue = catalogue
        self._line = line
        self._desk = desk
        self._paces: dict[str, Pace] = {}
        self._counted = self._saved = clock.monotonic()
        self._shown: frozenset[str] = frozenset()
        self._reported: dict[str, object] = {}
        self._reported_at = clock.monotonic() - REPORT_S
        self._stopping = False
        self._stopped = asyncio.Event()
        self.waiting: dict[str, str] = {}

    async def run(self) -> None:
        """Tick until `stop`; what pacers have learned is kept."""
        try:
            await self._read_roster()
            while not self._stopping:
                await self.tick()
                await self._clock.sleep(TICK_S)
            await self.save()
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Begin nothing more; the round under way is finished."""
        self._stopping = True
        await self._stopped.wait()

    async def tick(self) -> None:
        """One round over the running campaigns."""
        async with self._db.read() as conn:
            running = [
                campaign
                for campaign in await campaigns.list_all(conn)
                if campaign.state is CampaignState.RUNNING
            ]
        self._shown = frozenset(campaign.id for campaign in running)
        self._paces = {c.id: pace for c in running if (pace := await self._pace(c)) is not None}
        self._learn()
        await self._count()
        if self._desk is not None:
            await self._let_go(self._desk.previews.forget(self._paces))
        for pace in self._paces.values():
            await self._work(pace)
        if self._clock.monotonic() - self._saved >= SAVE_S:
            await self.save()
        await self._report()

    async def save(self) -> None:
        """Keep what the pacers have learned."""
        self._saved = self._clock.monotonic()
        now = self._clock.now()
        states = {ident: pace.state(now) for ident, pace in self._paces.items() if pace.with_agents}
        await pacers.save(self._db, states)

    async def _report(self) -> None:
        """Let other processes read what this loop does: at once when it waits for something else.

        A campaign that no longer runs is taken out.
        """
        self.waiting = {ident: why for ident, why in self.waiting.items() if ident in self._shown}
        reports: dict[str, dict[str, object]] = {
            ident: {
                "waiting": why,
                "agents": self._paces[ident].agents() if ident in self._paces else {},
                "lines": self._paces[ident].lines() if ident in self._paces else {},
            }
            for ident, why in self.waiting.items()
        }
        since = self._clock.monotonic() - self._reported_at
        news = {ident: report["waiting"] for ident, report in reports.items()}
        if since < REPORT_S and (since < TELL_S or news == self._reported):
            return
        self._reported_at, self._reported = self._clock.monotonic(), news
        await loop_reports.save(self._db, self._owner, reports, self._clock.now())

    def boards(self) -> list[Board]:
        """The running campaigns as their supervisors see them."""
        return [pace.board() for pace in self._paces.values()]

    async def _pace(self, campaign: Campaign) -> Pace | None:
        known = self._paces.get(campaign.id)
        if known is not None and known.order.campaign == campaign:
            return known
        try:
            order = read_order(campaign)
        except StrategyError as error:
            self.waiting[campaign.id] = f"strategy: {error}"
            return None
        if known is not None:
            known.reorder(order)
            if self._outreach.brakes is not None:
                await self._outreach.brakes.count(campaign, self._clock.now())
            return known
        return await self._begin(order)

    async def _begin(self, order: Order) -> Pace:
        campaign, now = order.campaign, self._clock.now()
        async with self._db.read() as conn:
            places = await abandonment.countries(conn, campaign.id)
            kept = await pacers.load(conn, campaign.id)
        budget = budget_of(self._catalogue, campaign.actor, places)
        pace = Pace(order=order, budget=budget, line=self._line, shift_began=now)
        await self._recount(pace)
        if self._outreach.brakes is not None:
            await self._outreach.brakes.count(campaign, now)
        pace.resume(kept, now)
        return pace

    def _learn(self) -> None:
        """Let each pacer hear of its calls and agents."""
        now = self._clock.now()
        for ident, pace in self._paces.items():
            for event in self._outreach.lines.heard(ident):
                pace.heard(event)
        if self._desk is None:
            return
        with_agents = [pace.order.campaign for pace in self._paces.values() if pace.with_agents]
        self._desk.serve(with_agents, self._outreach.lines.under_way())
        self._desk.tick()
        for move in self._desk.moves():
            for ident in move.campaigns & self._paces.keys():
                self._paces[ident].moved(move, now)

    async def _count(self) -> None:
        """Read the budgets' counts afresh every few seconds."""
        if self._clock.monotonic() - self._counted < COUNT_S:
            return
        self._counted = self._clock.monotonic()
        await self._read_roster()
        for pace in self._paces.values():
            if pace.with_agents:
                await self._recount(pace)
            if self._outreach.brakes is not None:
                await self._outreach.brakes.count(pace.order.campaign, self._clock.now())

    async def _read_roster(self) -> None:
        if self._desk is not None:
            async with self._db.read() as conn:
                self._desk.plan(await roster.read(conn, self._desk.limits))

    async def _recount(self, pace: Pace) -> None:
        since = pace.period_start(self._clock.now())
        async with self._db.read() as conn:
            found = await abandonment.answers(conn, pace.order.campaign.id, since)
            heard = await relistening.heard(conn, pace.order.campaign.id, since)
        counts = Counts(live=found.live, abandoned=found.abandoned, hung_up=found.hung_up)
        sample = Sample(listened=heard.listened, persons=heard.persons)
        pace.recount(counts, sample, self._clock.now())

    async def _work(self, pace: Pace) -> None:
        campaign = pace.order.campaign
        why = {}
        for channel in self._outreach.channels:
            reason = await self._outreach.channels[channel].ready()
            if reason is not None:
                why[channel] = reason
            elif channel is Channel.CALL:
                await self._dial(pace)
                brakes = self._outreach.brakes
                reason = pace.why or (brakes.held(campaign.id) if brakes is not None else None)
                if reason:
                    why[channel] = reason
            else:
                kind = f"{channel}:{campaign.id}"
                free = WRITTEN_AT_ONCE - self._supervisor.running(kind)
                self._start(pace, await self._claim(pace, channel, free), (kind,))
        unplanned = await self._claim(pace, None, UNPLANNED_AT_ONCE)
        self._start(pace, unplanned, ("planning",))
        self.waiting[campaign.id] = "; ".join(f"{name}: {reason}" for name, reason in why.items())

    async def _dial(self, pace: Pace) -> None:
        """Place calls by the campaign's mode; the lines are shared by all campaigns."""
        campaign, lines = pace.order.campaign, self._outreach.lines
        kind = f"call:{campaign.id}"
        room = min(
            self._most - self._supervisor.running("call"),
            campaign.lines - self._supervisor.running(kind),
        )
        wanted = pace.step(
            self._clock.now(),
            lines.stages(campaign.id),
            NOBODY if self._desk is None else self._desk.team(campaign.id),
            max(0, room),
        )
        if campaign.mode in previews.MODES and self._desk is not None:
            await self._preview(pace, self._desk)
            return
        due = await self._claim_lists(pace, wanted)
        lines.claimed(campaign.id, [case.case_id for case in due])
        self._start(pace, due, ("call", kind))

    async def _preview(self, pace: Pace, desk: Desk) -> None:
        """Put a case before each free agent, and call those that agents said to call."""
        campaign, now = pace.order.campaign, self._clock.now()
        free = desk.ready(campaign.id)
        for agent, ended in desk.previews.over(campaign.id, free, now).items():
            if ended.wanted is Wanted.DIAL:
                work = self._call_for(pace.order, ended.due, agent, desk)
                kinds = ("call", f"call:{campaign.id}")
                self._supervisor.start(work, kinds=kinds, name=ended.due.case_id)
                continue
            if ended.wanted is Wanted.SKIP:
                later = FollowUp(
                    state=WorkState.DUE,
                    step=ended.due.step,
                    channel=Channel.CALL,
                    at=now + previews.SKIPPED,
                )
                await claims.plan(self._db, ended.due, later, now)
            else:
                await self._let_go([ended.due])
        if campaign.mode == "manual":
            return
        looking = [agent for agent in free if desk.previews.free(agent)]
        timer = campaign.pacing.get("timer")
        for agent in looking[: max(0, campaign.lines - self._supervisor.running("call"))]:
            found = await self._claim(pace, Channel.CALL, 1, lease=previews.LEASE)
            if not found:
                return
            until = None if timer is None else now + timedelta(seconds=timer)
            desk.look(agent, Preview(due=found[0], since=now, until=until))

    async def _call_for(self, order: Order, due: DueCase, agent: str, desk: Desk) -> None:
        why = None
        try:
            why = await self._outreach.call_for(order, due, agent)
        finally:
            self._outreach.lines.dropped(order.campaign.id, due.case_id)
            desk.previews.done(agent)
            desk.inform(agent, why and f"Not called: {why}")

    async def _let_go(self, dues: Iterable[DueCase]) -> None:
        for due in dues:
            await claims.release(
                self._db,
                due.campaign_id,
                [due.case_id],
                owner=self._owner,
                now=self._clock.now(),
            )

    async def _claim_lists(self, pace: Pace, limit: int) -> list[DueCase]:
        """Due calls by the weights of their lists; turns that a list can't use go to the others."""
        due: list[DueCase] = []
        if pace.mix is not None and limit > 0:
            for name, turns in pace.mix.turns(limit).items():
                if name != OTHERS:
                    due += await self._claim(pace, Channel.CALL, turns, list_name=name)
        return due + await self._claim(pace, Channel.CALL, limit - len(due))

    async def _claim(
        self,
        pace: Pace,
        channel: Channel | None,
        limit: int,
        *,
        list_name: str | None = None,
        lease: timedelta = CLAIM_LEASE,
    ) -> list[DueCase]:
        if limit <= 0:
            return []
        return await claims.claim_due(
            self._db,
            pace.order.campaign.id,
            channel=channel,
            owner=self._owner,
            now=self._clock.now(),
            limit=limit,
            lease=lease,
            list_name=list_name,
        )

    def _start(self, pace: Pace, due: list[DueCase], kinds: tuple[str, ...]) -> None:
        for case in due:
            self._supervisor.start(self._contact(pace.order, case), kinds=kinds, name=case.case_id)

    async def _contact(self, order: Order, due: DueCase) -> None:
        try:
            await self._outreach.work(order, due)
        finally:
            self._outreach.lines.dropped(order.campaign.id, due.case_id)
