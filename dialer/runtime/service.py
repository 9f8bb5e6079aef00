"""The composition root. Read it to see the whole system; `wires` opens the drivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx

from compliance import packs
from compliance.facts import Channel
from dialer import secret
from dialer.casework.terms import shipped
from dialer.console import bind, serve_console
from dialer.console_services import Parts, console_services
from dialer.engine.agreement_offers import AgreementOffers
from dialer.engine.brakes import Brakes
from dialer.engine.caller_wishes import CallerWishes
from dialer.engine.campaign_loop import CampaignLoop
from dialer.engine.channels import ContactChannel
from dialer.engine.confirmation import Confirmations
from dialer.engine.disposal import Disposal
from dialer.engine.housekeeping import Housekeeping
from dialer.engine.inbound_calls import InboundCalls
from dialer.engine.notices import Notices
from dialer.engine.outreach import Outreach
from dialer.engine.pace import Line
from dialer.engine.reminders import Reminders
from dialer.engine.replies import Replies
from dialer.engine.supervisor import open_supervisor
from dialer.engine.written import WrittenChannel, mail_composer, text_composer
from dialer.key_ring import open_keys
from dialer.lockfile import exclusive
from dialer.runtime import wires
from dialer.runtime.voice import open_voice
from dialer.settings import Settings
from dialer.store import attempts
from dialer.store.database import migrate, open_database
from dialer.store.gate import open_gate
from dialer.web.first_start import ensure_administrator
from dialer.web.services import FloorServices
from messaging.email.smtp import SmtpTransport
from messaging.message import MessageEvent
from messaging.templates import sample_templates
from scheduler.clock import Clock, SystemClock
from scheduler.periodic import periodic

DRAIN_CALLS_S = 1.0
DRAIN_CONTACTS_S = 1.0

Announce = Callable[[str, str | None], None]
"""`announce(address, one_time_secret)`: the service is up; the secret comes at first start."""


async def serve(settings: Settings, reactor: Any, stop: asyncio.Event, announce: Announce) -> None:
    """Run the service until `stop`; then leave no call up and no attempt open."""
    clock = SystemClock(settings.clock_start)
    own = secret.read_or_make(settings.data_dir / "secret")
    catalogue = packs.read(settings.packs_dir) if settings.packs_dir else packs.shipped()
    keys = open_keys(settings)
    await migrate(settings.store_url, keys)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stack.enter_context(exclusive(settings.data_dir / f"{settings.worker}.lock"))
        store = open_database(settings.store_url, keys, clock=clock, writer=settings.worker)
        db = await enter(store)
        feed = await enter(wires.open_feed(settings, clock))
        voice = await open_voice(stack, settings, db, feed, reactor=reactor, own=own)
        written = await _open_written(stack, settings, clock, reactor, own)
        channels: dict[Channel, ContactChannel] = {Channel.CALL: voice.channel, **written.channels}
        supervisor = await enter(open_supervisor())
        gate = await enter(open_gate(db, catalogue))
        notices = Notices(
            db=db,
            gate=gate,
            catalogue=catalogue,
            channels=channels,
            clock=clock,
            owner=settings.worker,
            actor=settings.actor,
        )
        housekeeping = Housekeeping(
            db=db,
            clock=clock,
            owner=settings.worker,
            keeper=voice.channel.keeper,
            carrier_records=settings.data_dir / "carrier",
            reminders=Reminders(db=db, notices=notices),
            feed_files=wires.feed_files(settings, db),
            reports=wires.report_post(settings, db, clock),
            outbox=wires.outbox_sender(settings, db, await enter(httpx.AsyncClient()), clock),
        )
        await housekeeping.at_start()
        housekeeping.schedule(await enter(periodic()))
        replies = Replies(
            db=db,
            feed=feed,
            clock=clock,
            unsubscribe_key=written.unsubscribe_key,
            confirmations=Confirmations(
                db=db, gate=gate, channels=channels, clock=clock, owner=settings.worker
            ),
            supervisor=supervisor,
            actor=settings.actor,
        )
        outreach = Outreach(
            db=db,
            gate=gate,
            channels=channels,
            feed=feed,
            clock=clock,
            owner=settings.worker,
            lines=voice.lines,
            brakes=Brakes(db=db, desk=voice.desk),
        )
        loop = CampaignLoop(
            db=db,
            outreach=outreach,
            supervisor=supervisor,
            clock=clock,
            owner=settings.worker,
            lines=settings.lines,
            catalogue=catalogue,
            line=Line(
                ring_timeout_s=settings.ring_timeout_s,
                calls_per_second=settings.line_rate,
            ),
            desk=voice.desk,
        )
        wishes = CallerWishes(db=db, catalogue=catalogue, actor=settings.actor)
        callers = InboundCalls(
            catalogue=catalogue,
            wishes=wishes,
            actor=settings.actor,
            owner=settings.worker,
            db=db,
            calls=voice.channel.calls,
            keeper=voice.channel.keeper,
            feed=feed,
            clock=clock,
            supervisor=supervisor,
            country=settings.default_country,
            lines=voice.lines,
            desk=voice.desk,
            wait_s=settings.caller_wait_s,
            longest_message_s=settings.longest_message_s,
        )
        await callers.at_start()
        listener = bind(settings.listen)
        parts = Parts(
            db=db,
            feed=feed,
            clock=clock,
            catalogue=catalogue,
            channels=channels,
            replies=replies,
            mail=written.mail,
            waiting=lambda: loop.waiting,
            vault=voice.channel.keeper.vault,
            wishes=wishes,
            offers=AgreementOffers(
                db=db,
                notices=notices,
                terms=shipped(),
                base=f"{settings.public_url}/agree/",
                key=secret.derive(own, "agreement"),
            ),
            floor=FloorServices(
                desk=voice.desk,
                disposal=Disposal(
                    db=db, desk=voice.desk, catalogue=catalogue, actor=settings.actor
                ),
                boards=loop.boards,
                registrar=voice.registrar,
            ),
        )
        await enter(serve_console(console_services(settings, parts), listener))
        first_secret = await ensure_administrator(db, clock)
        lasting = [asyncio.create_task(replies.follow(events)) for events in written.incoming]
        lasting.append(asyncio.create_task(callers.follow(), name="inbound-calls"))
        lasting.append(asyncio.create_task(loop.run(), name="campaigns"))
        host, port = listener.getsockname()[:2]
        announce(f"http://{host}:{port}", first_secret)
        await _until(stop, lasting)
        await loop.stop()
        await voice.telephony.drain(DRAIN_CALLS_S)
        for task in lasting:
            task.cancel()
        await supervisor.drain(DRAIN_CONTACTS_S)
        await supervisor.cancel()
        await attempts.recover(db, now=clock.now(), owner=settings.worker)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """The written channels, and what comes back by each."""

    channels: Mapping[Channel, ContactChannel]
    incoming: Sequence[AsyncIterator[MessageEvent]]
    mail: SmtpTransport | None
    unsubscribe_key: bytes


async def _open_written(
    stack: AsyncExitStack, settings: Settings, clock: Clock, reactor: Any, own: bytes
) -> _Written:
    house = wires.house_of(settings, secret.derive(own, "unsubscribe"))
    templates = sample_templates()
    channels: dict[Channel, ContactChannel] = {}
    incoming: list[AsyncIterator[MessageEvent]] = []
    mail: SmtpTransport | None = None
    if settings.smsc_url:
        sms = await stack.enter_async_context(wires.open_sms(settings, clock, reactor))
        texts = text_composer(templates, house)
        channels[Channel.SMS] = WrittenChannel(sms, texts, refused="undeliverable")
        incoming.append(sms.events())
    if settings.smtp_url:
        mail = await stack.enter_async_context(
            wires.open_mail(settings, clock, secret.derive(own, "mail"))
        )
        mails = mail_composer(templates, house)
        channels[Channel.EMAIL] = WrittenChannel(mail, mails, refused="bounced")
        incoming.append(mail.events())
    return _Written(
        channels=channels, incoming=incoming, mail=mail, unsubscribe_key=house.unsubscribe_key
    )


async def _until(stop: asyncio.Event, lasting: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the end, or for a lasting task to fail: then raise what it raised."""
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopped, *lasting}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done - {stopped}:
        task.result()
