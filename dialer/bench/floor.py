"""A whole floor for a bench: store, gate, campaign, engine, desks and vault, with fixed phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from compliance import packs
from compliance.facts import Channel
from dialer.bench.people import ACTOR, NOON
from dialer.bench.stores import KEYS
from dialer.engine.call import open_calls
from dialer.engine.campaign_loop import CampaignLoop
from dialer.engine.desk import Desk, open_desk
from dialer.engine.disposal import Disposal
from dialer.engine.lines import Lines
from dialer.engine.outreach import Outreach
from dialer.engine.pace import Line
from dialer.engine.phones import Phones
from dialer.engine.prompts import load_prompts
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.engine.supervisor import Supervisor, open_supervisor
from dialer.engine.voice import VoiceChannel
from dialer.feed.in_process import in_process_feed
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import open_gate
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.trunk import Trunk
from recordings.drivers.folder import open_vault
from recordings.keys import open_key_ring
from recordings.vault import Vault
from scheduler.clock import Clock, SystemClock

OWNER = "bench"
CALLER_ID = "+12125550100"
RING_TIMEOUT_S = 8.0
PACKS = ("us.regf",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a bench works with, and looks into at the end."""

    db: Database
    clock: Clock
    engine: SipEngine
    desk: Desk
    disposal: Disposal
    supervisor: Supervisor
    loop: CampaignLoop
    vault: Vault
    spool: Path


@asynccontextmanager
async def open_floor(
    folder: Path,
    *,
    trunks: Sequence[Trunk],
    agents: Mapping[str, Phone],
    rtp_ports: tuple[int, int],
    lines: int,
    timers: Timers | None = None,
) -> AsyncIterator[Floor]:
    """A floor at noon in New York, with these agents' phones; its campaigns run."""
    clock = SystemClock(NOON)
    url = f"sqlite+aiosqlite:///{folder / 'store.sqlite'}"
    await migrate(url, KEYS)
    catalogue = {name: pack for name, pack in packs.shipped().items() if name in PACKS}
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        db = await enter(open_database(url, KEYS, clock=clock))
        feed = await enter(in_process_feed(clock))
        phones = Phones(db=db, key=b"bench")
        known: dict[str, Phone] = {}
        for name, phone in agents.items():
            known[(await phones.issue(name, by="bench")).name] = phone
        engine = await enter(
            open_sip_engine(
                trunks=trunks,
                clock=clock,
                listen="127.0.0.1:0",
                rtp_ports=rtp_ports,
                find_phone=known.get,
                timers=timers,
            )
        )
        watch, prompts = Lines(clock=clock), load_prompts()
        desk = await enter(
            open_desk(
                engine=engine,
                phones=phones,
                lines=watch,
                feed=feed,
                clock=clock,
                caller_id=CALLER_ID,
                prompts=prompts,
            )
        )
        spool = folder / "spool"
        calls = await enter(open_calls(engine, prompts, spool, clock, agents=desk, watch=watch))
        vault = open_vault(f"file:{folder / 'vault'}", open_key_ring(folder / "keys"), clock)
        keeper = RecordingKeeper(db=db, vault=vault, feed=feed, clock=clock, spool=spool)
        voice = VoiceChannel(
            db=db,
            calls=calls,
            keeper=keeper,
            clock=clock,
            caller_id=CALLER_ID,
            ring_timeout_s=RING_TIMEOUT_S,
            lines=watch,
        )
        supervisor = await enter(open_supervisor())
        outreach = Outreach(
            db=db,
            gate=await enter(open_gate(db, catalogue)),
            channels={Channel.CALL: voice},
            feed=feed,
            clock=clock,
            owner=OWNER,
            lines=watch,
        )
        loop = CampaignLoop(
            db=db,
            outreach=outreach,
            supervisor=supervisor,
            clock=clock,
            owner=OWNER,
            lines=lines,
            catalogue=catalogue,
            line=Line(ring_timeout_s=RING_TIMEOUT_S, calls_per_second=10.0),
            desk=desk,
        )
        running = asyncio.create_task(loop.run(), name="campaigns")
        yield Floor(
            db=db,
            clock=clock,
            engine=engine,
            desk=desk,
            disposal=Disposal(db=db, desk=desk, catalogue=catalogue, actor=ACTOR),
            supervisor=supervisor,
            loop=loop,
            vault=vault,
            spool=spool,
        )
        await loop.stop()
        await running
