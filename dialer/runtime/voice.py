"""The call channel with what belongs to it: engine, agents' phones and desks, lines."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from dialer import secret
from dialer.engine.call import open_calls
from dialer.engine.desk import Desk, open_desk
from dialer.engine.lines import Lines
from dialer.engine.phones import Phones
from dialer.engine.prompts import load_prompts
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.engine.voice import VoiceChannel
from dialer.feed.feed import Feed
from dialer.runtime import wires
from dialer.settings import Settings
from dialer.store.database import Database
from dialer.telephony.drivers.sip.engine import SipEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Everything that speaks. `registrar` is where agents' phones register: "host:port"."""

    telephony: SipEngine
    desk: Desk
    lines: Lines
    channel: VoiceChannel
    registrar: str


async def open_voice(
    stack: AsyncExitStack,
    settings: Settings,
    db: Database,
    feed: Feed,
    *,
    reactor: Any,
    own: bytes,
) -> Voice:
    """Open the engine and what stands on it; all of it ends with the stack."""
    enter, clock = stack.enter_async_context, db.clock
    phones = Phones(db=db, key=secret.derive(own, "agent phones"))
    await phones.load()
    telephony = await enter(wires.open_telephony(settings, clock, reactor, phones))
    lines, prompts = Lines(clock=clock), load_prompts()
    desk = await enter(
        open_desk(
            engine=telephony,
            phones=phones,
            lines=lines,
            feed=feed,
            clock=clock,
            caller_id=settings.caller_id,
            prompts=prompts,
        )
    )
    calls = await enter(
        open_calls(telephony, prompts, settings.spool, clock, agents=desk, watch=lines)
    )
    channel = VoiceChannel(
        db=db,
        calls=calls,
        keeper=RecordingKeeper(
            db=db,
            vault=wires.open_vault(settings, clock),
            feed=feed,
            clock=clock,
            spool=settings.spool,
        ),
        clock=clock,
        caller_id=settings.caller_id,
        ring_timeout_s=settings.ring_timeout_s,
        lines=lines,
    )
    host, port = telephony.layer.advertised
    return Voice(
        telephony=telephony,
        desk=desk,
        lines=lines,
        channel=channel,
        registrar=f"{host}:{port}",
    )
