"""A floor over the real SIP engine: a town of scripted consumers, agents at scripted phones."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from compliance.facts import Channel
from dialer.engine.brakes import Brakes
from dialer.engine.call import Calls, open_calls
from dialer.engine.campaign_loop import CampaignLoop
from dialer.engine.desk import Desk, open_desk
from dialer.engine.disposal import Disposal
from dialer.engine.lines import Lines
from dialer.engine.outreach import Outreach
from dialer.engine.pace import Line
from dialer.engine.phones import Phones
from dialer.engine.prompts import Prompts
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.engine.supervisor import Supervisor, open_supervisor
from dialer.engine.voice import VoiceChannel
from dialer.feed.in_process import InProcessFeed, in_process_feed
from dialer.model.agent import AgentState
from dialer.model.roster import FloorRules
from dialer.store import campaigns, tables
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import open_gate
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.telephony.wire import g711, rtp, sdp
from recordings.drivers.folder import open_vault
from recordings.keys import open_key_ring
from scheduler.clock import SystemClock
from tests.dialer.store.people import ACTOR, OWNER, STRATEGY, Somebody, add_somebody, catalogue
from tests.dialer.telephony.far_side import FarSide, Script, far_side
from tests.dialer.telephony.sipp import media_base, until
from tests.keys import KEYS

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
WORDS = (
    *("live", "limited_content", "recording_notice", "abandonment", "apology"),
    *("nobody_free", "or_wait", "press_1", "press_2", "press_9", "speak", "beep", "taken"),
    *("booked", "not_booked", "no_calls", "goodbye", "hold_music"),
)
PROMPTS = Prompts({"en": {word: g711.tone(500, 0.2) for word in WORDS}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything between a running campaign and an agent's ear."""

    db: Database
    clock: SystemClock
    feed: InProcessFeed
    engine: SipEngine
    calls: Calls
    keeper: RecordingKeeper
    desk: Desk
    lines: Lines
    loop: CampaignLoop
    disposal: Disposal
    supervisor: Supervisor
    brakes: Brakes
    town: FarSide
    phones: dict[str, FarSide]

    async def campaign(
        self, mode: str, people: int, *, lines: int = 10, run: bool = True
    ) -> list[Somebody]:
        """A campaign with so many people in New York, running at once if `run`."""
        made = await campaigns.create(
            self.db,
            name=mode,
            strategy=STRATEGY,
            mode=mode,
            lines=lines,
            actor=ACTOR,
            now=self.clock.now(),
        )
        somebody = [
            await add_somebody(self.db, number=f"+1212555{n:04}", campaign=made.id)
            for n in range(100, 100 + people)
        ]
        async with self.db.write() as conn:
            await conn.execute(update(tables.consumers).values(country="US"))
            await conn.execute(update(tables.debts).values(balance_minor=20_000, currency="USD"))
        if run:
            await self.start()
        return somebody

    async def start(self) -> None:
        """Start every campaign."""
        async with self.db.read() as conn:
            known = await campaigns.list_all(conn)
        for campaign in known:
            await campaigns.start(self.db, campaign.id, now=self.clock.now())

    async def at_work(self, *names: str) -> None:
        """Log agents in and let them be ready."""
        for name in names:
            await self.desk.log_in(name)
        for name in names:
            await until(lambda n=name: self.state(n) is AgentState.ON_BREAK)
            self.desk.go_ready(name)

    def state(self, name: str) -> AgentState:
        return self.desk.view(name).agent.state

    async def settled(self) -> None:
        """Wait until no call is up and nothing is left to be written."""
        await until(lambda: not self.supervisor.running("call"), 60.0)

    async def ledger_outcomes(self) -> Counter[str]:
        """What the ledger says came of each call: its last word."""
        last: dict[str, str] = {}
        for kind, body in await self.rows("ledger", "kind", "body"):
            if kind in ("attempt.closed", "attempt.revised"):
                entry = json.loads(str(body))
                last[entry["attempt"]] = entry["outcome"]
        return Counter(last.values())

    async def reaches(self, name: str, *states: AgentState) -> None:
        await until(lambda: self.state(name) in states)

    async def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        chosen = [tables.metadata.tables[table].c[name] for name in columns]
        async with self.db.read() as conn:
            return [tuple(row) for row in await conn.execute(select(*chosen))]


async def breathe(phone: FarSide, clock: SystemClock) -> None:
    """An agent's phone that sends something now and then: one that is silent is taken for dead."""
    media = phone.media
    assert media is not None
    while True:
        for invite in phone.requests("INVITE")[-1:]:
            media.send(media.stream.packet(rtp.PCMU, g711.SILENCE), sdp.parse(invite.body))
        await clock.sleep(1.0)


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    consumers: Script,
    agents: dict[str, Script],
    limits: FloorRules | None = None,
    trunk: Trunk | None = None,
    at: datetime = NOON,
) -> AsyncIterator[Scene]:
    """`trunk` leads to other consumers than the scripted ones."""
    clock = SystemClock(at)
    url = f"sqlite+aiosqlite:///{folder / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        db = await enter(open_database(url, KEYS, clock=clock))
        gate = await enter(open_gate(db, catalogue()))
        feed = await enter(in_process_feed(clock))
        town = await enter(far_side(consumers))
        far = {name: await enter(far_side(script)) for name, script in agents.items()}
        phones = Phones(db=db, key=b"key")
        known: dict[str, Phone] = {}
        for name, side in far.items():
            account = await phones.issue(name, by="test")
            known[account.name] = Phone(
                name=account.name, password="", address=f"127.0.0.1:{side.port}"
            )
        rtp = media_base()
        engine = await enter(
            open_sip_engine(
                trunks=[
                    trunk
                    or Trunk(
                        name="town",
                        host="127.0.0.1",
                        port=town.port,
                        keepalive_s=0.0,
                        max_calls_per_second=1000.0,
                    )
                ],
                clock=clock,
                listen="127.0.0.1:0",
                rtp_ports=(rtp, rtp + 199),
                media_host="127.0.0.1",
                find_phone=known.get,
            )
        )
        lines = Lines(clock=clock)
        desk = await enter(
            open_desk(
                engine=engine,
                phones=phones,
                lines=lines,
                feed=feed,
                clock=clock,
                caller_id="+12125550100",
                prompts=PROMPTS,
                limits=limits,
            )
        )
        calls = await enter(
            open_calls(engine, PROMPTS, folder / "spool", clock, agents=desk, watch=lines)
        )
        keeper = RecordingKeeper(
            db=db,
            vault=open_vault(f"file:{folder / 'vault'}", open_key_ring(folder / "keys"), clock),
            feed=feed,
            clock=clock,
            spool=folder / "spool",
        )
        voice = VoiceChannel(
            db=db,
            calls=calls,
            keeper=keeper,
            clock=clock,
            caller_id="+12125550100",
            ring_timeout_s=8.0,
            lines=lines,
        )
        supervisor = await enter(open_supervisor())
        brakes = Brakes(db=db, desk=desk)
        outreach = Outreach(
            db=db,
            gate=gate,
            channels={Channel.CALL: voice},
            feed=feed,
            clock=clock,
            owner=OWNER,
            lines=lines,
            brakes=brakes,
        )
        loop = CampaignLoop(
            db=db,
            outreach=outreach,
            supervisor=supervisor,
            clock=clock,
            owner=OWNER,
            lines=50,
            catalogue=catalogue(),
            line=Line(ring_timeout_s=8.0, calls_per_second=1000.0),
            desk=desk,
        )
        running = asyncio.create_task(loop.run())
        breathing = [asyncio.create_task(breathe(phone, clock)) for phone in far.values()]
        yield Scene(
            db=db,
            clock=clock,
            feed=feed,
            engine=engine,
            calls=calls,
            keeper=keeper,
            desk=desk,
            lines=lines,
            loop=loop,
            disposal=Disposal(db=db, desk=desk, catalogue=catalogue(), actor=ACTOR),
            supervisor=supervisor,
            brakes=brakes,
            town=town,
            phones=far,
        )
        await loop.stop()
        await engine.drain(2.0)
        assert await supervisor.drain(10) == 0
        for task in breathing:
            task.cancel()
        await running
