"""Steps 1 to 3 of a contact attempt: look at lines and campaigns, plan, claim what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from compliance.facts import Channel
from dialer.engine.outreach import Outreach
from dialer.engine.planning import Order, read_order
from dialer.engine.supervisor import Supervisor
from dialer.model.campaign import Campaign, CampaignState
from dialer.pacing.modes import MODES
from dialer.pacing.snapshot import Pacer, PacerContext, Snapshot
from dialer.store import campaigns, claims
from dialer.store.database import Database
from scheduler.cadence import StrategyError
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

TICK_S = 0.25
CLAIM_LEASE = timedelta(seconds=60)
WRITTEN_AT_ONCE = 40
UNPLANNED_AT_ONCE = 200


@dataclass(slots=True)
class _Desk:
    """A running campaign with its pacer and the last word on why it works as it does."""

    order: Order
    pacer: Pacer
    since: float


class CampaignLoop:
    """Starts what running campaigns may start now."""

    def __init__(
        self,
        *,
        db: Database,
        outreach: Outreach,
        supervisor: Supervisor,
        clock: Clock,
        owner: str,
        lines: int,
    ) -> None:
        self._db = db
        self._outreach = outreach
        self._supervisor = supervisor
        self._clock = clock
        self._owner = owner
        self._lines = lines
        self._desks: dict[str, _Desk] = {}
        self.waiting: dict[str, str] = {}

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await self.tick()
            await self._clock.sleep(TICK_S)

    async def tick(self) -> None:
        """One round over the running campaigns."""
        async with self._db.read() as conn:
            running = [
                campaign
                for campaign in await campaigns.list_all(conn)
                if campaign.state is CampaignState.RUNNING
            ]
        self._desks = {c.id: d for c in running if (d := self._desk(c)) is not None}
        for desk in self._desks.values():
            await self._work(desk)

    def _desk(self, campaign: Campaign) -> _Desk | None:
        known = self._desks.get(campaign.id)
        if known is not None and known.order.campaign == campaign:
            return known
        try:
            order = read_order(campaign)
        except StrategyError as error:
            self.waiting[campaign.id] = f"strategy: {error}"
            return None
        pacer = MODES[campaign.mode](PacerContext(lines=campaign.lines, agents=0))
        return _Desk(order=order, pacer=pacer, since=self._clock.monotonic())

    async def _work(self, desk: _Desk) -> None:
        campaign = desk.order.campaign
        unready = {}
        for channel in self._outreach.channels:
            reason = await self._outreach.channels[channel].ready()
            if reason is not None:
                unready[channel] = reason
            elif channel is Channel.CALL:
                await self._claim(desk, channel, self._calls(desk), ("call", f"call:{campaign.id}"))
            else:
                kind = f"{channel}:{campaign.id}"
                free = WRITTEN_AT_ONCE - self._supervisor.running(kind)
                await self._claim(desk, channel, free, (kind,))
        await self._claim(desk, None, UNPLANNED_AT_ONCE, ("planning",))
        self.waiting[campaign.id] = "; ".join(f"{name}: {why}" for name, why in unready.items())

    def _calls(self, desk: _Desk) -> int:
        """Lines to dial now, by the campaign's mode; they are shared by all campaigns."""
        live = self._supervisor.running(f"call:{desk.order.campaign.id}")
        room = max(0, self._lines - self._supervisor.running("call"))
        snapshot = Snapshot(ringing=[0.0] * live, room=room)
        return desk.pacer.step(self._clock.monotonic() - desk.since, snapshot)

    async def _claim(
        self, desk: _Desk, channel: Channel | None, limit: int, kinds: tuple[str, ...]
    ) -> None:
        if limit <= 0:
            return
        due = await claims.claim_due(
            self._db,
            desk.order.campaign.id,
            channel=channel,
            owner=self._owner,
            now=self._clock.now(),
            limit=limit,
            lease=CLAIM_LEASE,
        )
        for case in due:
            work = self._outreach.work(desk.order, case)
            self._supervisor.start(work, kinds=kinds, name=case.case_id)
