"""Binds what the console and the API ask for to the parts that answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compliance.facts import Channel
from compliance.packs import Catalogue
from dialer.engine.agreement_offers import AgreementOffers
from dialer.engine.caller_wishes import CallerWishes
from dialer.engine.channels import ContactChannel
from dialer.engine.next_moment import next_moments
from dialer.engine.replies import Replies
from dialer.feed.feed import Feed
from dialer.settings import Settings
from dialer.store.database import Database
from dialer.store.readiness import readiness
from dialer.web.services import (
    ConsoleSettings,
    FloorServices,
    NextMoment,
    Services,
)
from messaging.email.smtp import SmtpTransport
from recordings.vault import Vault
from scheduler.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What of the running service the console looks at."""

    db: Database
    feed: Feed
    clock: Clock
    catalogue: Catalogue
    channels: Mapping[Channel, ContactChannel]
    replies: Replies
    mail: SmtpTransport | None
    waiting: Callable[[], Mapping[str, str]]
    offers: AgreementOffers
    floor: FloorServices
    vault: Vault
    wishes: CallerWishes


def console_services(settings: Settings, parts: Parts) -> Services:
    """The console's services over these parts."""

    async def health() -> dict[str, str | None]:
        found: dict[str, str | None] = {
            **await readiness(parts.db),
            "feed": await parts.feed.ready(),
        }
        for channel, sender in parts.channels.items():
            found[str(channel)] = await sender.ready()
        return found

    async def moments(person_id: str, channels: Sequence[Channel]) -> list[NextMoment] | None:
        now = parts.clock.now()
        answers = await next_moments(
            parts.db, parts.catalogue, person_id, channels, actor=settings.actor, now=now
        )
        if answers is None:
            return None
        return [
            NextMoment(
                person_id=person_id,
                channel=channel,
                asked_at=now,
                first_allowed_at=answer.first_allowed_at,
                binding_rule=answer.binding_rule,
                unlock=answer.unlock,
                findings=answer.findings,
            )
            for channel, answer in answers.items()
        ]

    async def inbound_mail(raw: bytes) -> None:
        if parts.mail is not None:
            await parts.mail.feed(raw)

    secret = settings.mail_hook_secret
    return Services(
        db=parts.db,
        feed=parts.feed,
        clock=parts.clock,
        settings=ConsoleSettings(
            business_name=settings.business_name,
            phone=settings.phone,
            https=settings.console_https,
            mail_hook_secret=secret.get_secret_value() if secret else None,
            report_domains=settings.report_domains,
        ),
        health=health,
        waiting=parts.waiting,
        next_moments=moments,
        packs=parts.catalogue,
        unsubscribe=parts.replies.unsubscribe,
        inbound_mail=inbound_mail,
        offers=parts.offers,
        floor=parts.floor,
        vault=parts.vault,
        wishes=parts.wishes,
    )
