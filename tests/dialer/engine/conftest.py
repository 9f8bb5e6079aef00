"""A real store and gate; channels whose far side does as the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.facts import Channel
from compliance.permit import Permit
from dialer.engine.campaign_loop import CampaignLoop
from dialer.engine.channels import Attempted
from dialer.engine.lines import Lines
from dialer.engine.outreach import Outreach
from dialer.engine.pace import Line
from dialer.engine.supervisor import Supervisor, open_supervisor
from dialer.feed.in_process import InProcessFeed, in_process_feed
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import Gate, open_gate
from scheduler.clock import ManualClock
from tests.dialer.store.people import OWNER, catalogue
from tests.keys import KEYS

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # in New York
LINES = 3


@dataclass
class ScriptedChannel:
    """A channel with a far side for faults; keeps what was sent."""

    outcome: str = "no_answer"
    unready: str | None = None
    sent: list[Permit] = field(default_factory=list)

    async def ready(self) -> str | None:
        return self.unready

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        self.sent.append(permit)
        return Attempted(outcome=self.outcome)

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The engine's parts on one store."""

    db: Database
    clock: ManualClock
    gate: Gate
    feed: InProcessFeed
    calls: ScriptedChannel
    texts: ScriptedChannel
    supervisor: Supervisor
    loop: CampaignLoop

    async def tick(self) -> None:
        """One round, and all that it started."""
        await self.loop.tick()
        assert await self.supervisor.drain(10) == 0


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    clock = ManualClock(NOON)
    url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with (
        open_database(url, KEYS, clock=clock) as db,
        open_gate(db, catalogue()) as gate,
        in_process_feed(clock) as feed,
        open_supervisor() as supervisor,
    ):
        calls, texts = ScriptedChannel(), ScriptedChannel(outcome="sent")
        outreach = Outreach(
            db=db,
            gate=gate,
            channels={Channel.CALL: calls, Channel.SMS: texts},
            feed=feed,
            clock=clock,
            owner=OWNER,
            lines=Lines(clock=clock),
        )
        loop = CampaignLoop(
            db=db,
            outreach=outreach,
            supervisor=supervisor,
            clock=clock,
            owner=OWNER,
            lines=LINES,
            catalogue=catalogue(),
            line=Line(ring_timeout_s=25.0, calls_per_second=10.0),
        )
        yield Floor(
            db=db,
            clock=clock,
            gate=gate,
            feed=feed,
            calls=calls,
            texts=texts,
            supervisor=supervisor,
            loop=loop,
        )
