"""Each driver opened from the settings: the only module that names them."""

from __future__ import annotations

import random
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from dialer.engine.feed_files import FeedFiles
from dialer.engine.outbox_sender import OutboxSender
from dialer.engine.phones import Phones
from dialer.engine.report_post import ReportPost
from dialer.engine.written import House
from dialer.feed.drivers.redis import redis_feed
from dialer.feed.feed import Feed
from dialer.feed.in_process import in_process_feed
from dialer.key_ring import open_keys
from dialer.runtime.tls import Tls
from dialer.settings import Settings
from dialer.sip_trunks import SipTrunk
from dialer.store.database import Database
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.trunk import Srtp, Trunk
from dialer.web.report_mail import may_see_reports, report_mail
from messaging.email.identity import MailIdentity
from messaging.email.smtp import Security, SmtpTransport, open_smtp, relay_client
from messaging.email.staff_smtp import staff_post
from messaging.sms.smpp.client import SmppTransport, open_smpp
from recordings.drivers import folder, object_store
from recordings.vault import Vault
from scheduler.clock import Clock

_USUAL_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def open_feed(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Feed]:
    if settings.redis_url:
        return redis_feed(settings.redis_url, clock)
    return in_process_feed(clock)


def house_of(settings: Settings, unsubscribe_key: bytes) -> House:
    return House(
        name=settings.business_name,
        phone=settings.phone,
        postal_address=settings.postal_address,
        sms_sender=settings.sms_sender,
        email_sender=settings.email_sender,
        unsubscribe_base=f"{settings.public_url}/hooks/unsubscribe/",
        unsubscribe_key=unsubscribe_key,
    )


def open_vault(settings: Settings, clock: Clock) -> Vault:
    keys = open_keys(settings)
    if settings.vault_url.startswith("file:"):
        return folder.open_vault(settings.vault_url, keys, clock)
    return object_store.open_vault(settings.vault_url, keys, clock)


def open_telephony(
    settings: Settings, clock: Clock, reactor: Any, phones: Phones
) -> AbstractAsyncContextManager[SipEngine]:
    def find_phone(name: str) -> Phone | None:
        account = phones.account(name)
        return None if account is None else Phone(name=account.name, password=account.password)

    return open_sip_engine(
        trunks=[_trunk(told) for told in settings.trunks],
        clock=clock,
        listen=settings.sip_listen,
        rtp_ports=settings.rtp_range,
        media_host=settings.sip_media_host,
        find_phone=find_phone,
        security=_tls(settings),
        tls_port=settings.sip_tls_port,
        reactor=reactor,
    )


def _tls(settings: Settings) -> Tls:
    return Tls(ca_file=settings.tls_ca_file, certificate_file=settings.tls_certificate_file)


def _trunk(told: SipTrunk) -> Trunk:
    return Trunk(
        name=told.name,
        host=told.host,
        port=told.port or _USUAL_PORTS[told.transport],
        transport=told.transport.upper(),
        priority=told.priority,
        username=told.username,
        password=told.password.get_secret_value(),
        from_domain=told.from_domain,
        caller_ids=told.caller_ids,
        assert_identity=told.assert_identity,
        hide_caller=told.hide_caller,
        max_channels=told.channels,
        max_calls_per_second=told.calls_per_second,
        keepalive_s=told.keepalive_s,
        srtp=Srtp(told.srtp),
        session_s=told.session_s,
        symmetric_rtp=told.symmetric_rtp,
        register_s=told.register_s,
        also_from=told.calls_from,
    )


def open_sms(
    settings: Settings, clock: Clock, reactor: Any
) -> AbstractAsyncContextManager[SmppTransport]:
    url = urlsplit(settings.smsc_url or "")
    host = url.hostname or ""
    return open_smpp(
        reactor=reactor,
        clock=clock,
        rng=random.Random(),
        host=host,
        port=url.port or 0,
        tls=_tls(settings).client(host) if url.scheme == "smpps" else None,
        system_id=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


def open_mail(
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


def report_post(settings: Settings, db: Database, clock: Clock) -> ReportPost:
    """Reports to superiors, by the relay that consumers' mail takes too."""
    url = urlsplit(settings.smtp_url or "")
    post = None
    if settings.smtp_url:
        connect = relay_client(
            host=url.hostname or "",
            port=url.port or 25,
            local_hostname=settings.email_sender.rsplit("@", 1)[1],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            security=Security(settings.smtp_security),
        )
        post = staff_post(connect, settings.report_domains, clock)
    return ReportPost(
        db=db,
        post=post,
        sender=settings.email_sender,
        domains=settings.report_domains,
        make=partial(report_mail, db, settings.business_name),
        entitled=partial(may_see_reports, db),
    )


def outbox_sender(
    settings: Settings, db: Database, client: httpx.AsyncClient, clock: Clock
) -> OutboxSender | None:
    if not settings.webhook_url or settings.webhook_secret is None:
        return None
    key = settings.webhook_secret.get_secret_value().encode()
    return OutboxSender(db, client, clock, url=settings.webhook_url, secret=key)


def feed_files(settings: Settings, db: Database) -> FeedFiles | None:
    if settings.feed_dir is None:
        return None
    secret = settings.webhook_secret
    key = secret.get_secret_value().encode() if secret else None
    return FeedFiles(db=db, folder=settings.feed_dir, secret=key)
