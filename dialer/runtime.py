"""The composition root: the only file that knows a driver. Read it to see the whole system."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from compliance import packs
from compliance.facts import Channel
from dialer import secret
from dialer.console import bind, serve_console
from dialer.console_services import Parts, console_services
from dialer.engine.call import open_calls
from dialer.engine.campaign_loop import CampaignLoop
from dialer.engine.channels import ContactChannel
from dialer.engine.confirmation import Confirmations
from dialer.engine.housekeeping import Housekeeping
from dialer.engine.outbox_sender import OutboxSender
from dialer.engine.outreach import Outreach
from dialer.engine.prompts import load_prompts
from dialer.engine.replies import Replies
from dialer.engine.supervisor import open_supervisor
from dialer.engine.voice import VoiceChannel
from dialer.engine.written import House, WrittenChannel, mail_composer, text_composer
from dialer.feed.drivers.redis import redis_feed
from dialer.feed.feed import Feed
from dialer.feed.in_process import in_process_feed
from dialer.settings import Settings
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import open_gate
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.web.first_start import ensure_administrator
from messaging.email.identity import MailIdentity
from messaging.email.smtp import Security, SmtpTransport, open_smtp
from messaging.message import MessageEvent
from messaging.sms.smpp.client import SmppTransport, open_smpp
from messaging.templates import sample_templates
from recordings.drivers import folder, object_store
from recordings.keys import open_key_ring
from recordings.vault import Vault
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
    house = _house(settings, secret.derive(own, "unsubscribe"))
    await migrate(settings.store_url)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        db = await enter(open_database(settings.store_url, clock=clock, writer=settings.worker))
        feed: Feed = (
            await enter(redis_feed(settings.redis_url, clock))
            if settings.redis_url
            else await enter(in_process_feed(clock))
        )
        telephony = await enter(_sip(settings, clock, reactor))
        voice = VoiceChannel(
            db=db,
            calls=await enter(open_calls(telephony, load_prompts(), settings.spool, clock)),
            vault=_vault(settings, clock),
            clock=clock,
            caller_id=settings.caller_id,
            ring_timeout_s=settings.ring_timeout_s,
        )
        channels: dict[Channel, ContactChannel] = {Channel.CALL: voice}
        incoming: list[AsyncIterator[MessageEvent]] = []
        templates = sample_templates()
        if settings.smsc_url:
            sms = await enter(_smpp(settings.smsc_url, clock, reactor))
            texts = text_composer(templates, house)
            channels[Channel.SMS] = WrittenChannel(sms, texts, refused="undeliverable")
            incoming.append(sms.events())
        mail: SmtpTransport | None = None
        if settings.smtp_url:
            mail = await enter(_smtp(settings, clock, secret.derive(own, "mail")))
            mails = mail_composer(templates, house)
            channels[Channel.EMAIL] = WrittenChannel(mail, mails, refused="bounced")
            incoming.append(mail.events())
        housekeeping = Housekeeping(
            db=db,
            clock=clock,
            owner=settings.worker,
            voice=voice,
            spool=settings.spool,
            outbox=_outbox(settings, db, await enter(httpx.AsyncClient()), clock),
        )
        await housekeeping.at_start()
        housekeeping.schedule(await enter(periodic()))
        supervisor = await enter(open_supervisor())
        gate = await enter(open_gate(db, catalogue))
        replies = Replies(
            db=db,
            feed=feed,
            clock=clock,
            unsubscribe_key=house.unsubscribe_key,
            confirmations=Confirmations(
                db=db, gate=gate, channels=channels, clock=clock, owner=settings.worker
            ),
            actor=settings.actor,
        )
        outreach = Outreach(
            db=db,
            gate=gate,
            channels=channels,
            feed=feed,
            clock=clock,
            owner=settings.worker,
        )
        loop = CampaignLoop(
            db=db,
            outreach=outreach,
            supervisor=supervisor,
            clock=clock,
            owner=settings.worker,
            lines=settings.max_lines,
        )
        listener = bind(settings.listen)
        parts = Parts(
            db=db,
            feed=feed,
            clock=clock,
            catalogue=catalogue,
            channels=channels,
            replies=replies,
            mail=mail,
        )
        await enter(serve_console(console_services(settings, parts), listener))
        first_secret = await ensure_administrator(db, clock)
        lasting = [asyncio.create_task(replies.follow(events)) for events in incoming]
        lasting.append(asyncio.create_task(loop.run(), name="campaigns"))
        host, port = listener.getsockname()[:2]
        announce(f"http://{host}:{port}", first_secret)
        await _until(stop, lasting)
        lasting[-1].cancel()
        await telephony.drain(DRAIN_CALLS_S)
        await supervisor.drain(DRAIN_CONTACTS_S)
        for task in lasting:
            task.cancel()


async def _until(stop: asyncio.Event, lasting: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the end, or for a lasting task to fail: then raise what it raised."""
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopped, *lasting}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done - {stopped}:
        task.result()


def _house(settings: Settings, unsubscribe_key: bytes) -> House:
    return House(
        name=settings.business_name,
        phone=settings.phone,
        postal_address=settings.postal_address,
        sms_sender=settings.sms_sender,
        email_sender=settings.email_sender,
        unsubscribe_base=f"{settings.public_url}/hooks/unsubscribe/",
        unsubscribe_key=unsubscribe_key,
    )


def _vault(settings: Settings, clock: Clock) -> Vault:
    keys = open_key_ring(settings.key_path)
    if settings.vault_url.startswith("file:"):
        return folder.open_vault(settings.vault_url, keys, clock)
    return object_store.open_vault(settings.vault_url, keys, clock)


def _sip(settings: Settings, clock: Clock, reactor: Any) -> AbstractAsyncContextManager[SipEngine]:
    trunks = []
    if settings.sip_trunk_url:
        url = urlsplit(settings.sip_trunk_url)
        trunks.append(
            Trunk(
                name="trunk",
                host=url.hostname or "",
                port=url.port or 5060,
                username=unquote(url.username or ""),
                password=unquote(url.password or ""),
                caller_id=settings.caller_id,
                max_channels=settings.max_lines,
                max_calls_per_second=settings.calls_per_second,
            )
        )
    return open_sip_engine(
        trunks=trunks,
        clock=clock,
        listen=settings.sip_listen,
        rtp_ports=settings.rtp_range,
        media_host=settings.sip_media_host,
        reactor=reactor,
    )


def _smpp(address: str, clock: Clock, reactor: Any) -> AbstractAsyncContextManager[SmppTransport]:
    url = urlsplit(address)
    return open_smpp(
        reactor=reactor,
        clock=clock,
        rng=random.Random(),
        host=url.hostname or "",
        port=url.port or 0,
        system_id=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


def _smtp(
    settings: Settings, clock: Clock, key: bytes
) -> AbstractAsyncContextManager[SmtpTransport]:
    url = urlsplit(settings.smtp_url or "")
    domain = settings.email_sender.rsplit("@", 1)[1]
    return open_smtp(
        clock=clock,
        host=url.hostname or "",
        port=url.port or 25,
        local_hostname=domain,
        identity=MailIdentity(bounce_address=f"bounces@{domain}", keys=(key,)),
        list_id=f"outreach.{domain}",
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        security=Security(settings.smtp_security),
    )


def _outbox(
    settings: Settings, db: Database, client: httpx.AsyncClient, clock: Clock
) -> OutboxSender | None:
    if not settings.webhook_url or settings.webhook_secret is None:
        return None
    key = settings.webhook_secret.get_secret_value().encode()
    return OutboxSender(db, client, clock, url=settings.webhook_url, secret=key)
