"""What the console and the API need from the rest of the service, given to `create_app`.

Callables stand for what lives above this package or in a driver; the composition root binds them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compliance.facts import Channel
from compliance.pack import RulePack
from compliance.permit import Finding
from dialer.casework.terms import Terms, shipped
from dialer.engine.agreement_offers import AgreementOffers
from dialer.engine.caller_wishes import CallerWishes
from dialer.engine.desk import Desk
from dialer.engine.disposal import Disposal
from dialer.engine.pace import Board
from dialer.feed.feed import Feed
from dialer.store.database import Database
from recordings.vault import Vault
from scheduler.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMoment:
    """When a consumer may lawfully be contacted on a channel, as far as is known at `asked_at`.

    `first_allowed_at` is None when only an event opens the contact: `unlock` says which.
    `findings` are those of every rule, with its counters as they stand at `asked_at`.
    """

    person_id: str
    channel: Channel
    asked_at: datetime
    first_allowed_at: datetime | None
    binding_rule: str | None
    unlock: str | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Values that the operator set.

    `https`: the console is reached by https, so that cookies are marked Secure.
    `mail_hook_secret`: the bearer secret of the mail host; None closes the mail hook.
    `report_domains`: to whose mailboxes reports may be sent.
    """

    business_name: str
    phone: str
    https: bool
    mail_hook_secret: str | None = None
    report_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorServices:
    """The agents' floor of this process; `registrar` is where their phones register."""

    desk: Desk
    disposal: Disposal
    boards: Callable[[], Sequence[Board]]
    registrar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the pages and the API reach.

    packs: the rule packs in force, by id.
    terms: what may be agreed on with consumers, by country.
    health: each part's name with None, or the reason why it is not ready.
    waiting: why a running campaign begins nothing on a channel, by campaign id; "" = it begins.
    next_moments: for a consumer id, one for each channel; None for an unknown consumer.
    unsubscribe: act on a token of RFC 8058's one click; False for a token that is not ours.
    inbound_mail: take one raw RFC 5322 message from the mail host (bounce, reply, complaint).
    offers: agreements sent to consumers by link; None in a process without written channels.
    vault: the recordings; None in a process without any.
    wishes: books what callers asked for; None in a process that takes no calls.
    floor: the agents' desks and the campaigns' boards; None in a process without telephony.
    """

    db: Database
    feed: Feed
    clock: Clock
    settings: ConsoleSettings
    packs: Mapping[str, RulePack]
    health: Callable[[], Awaitable[Mapping[str, str | None]]]
    waiting: Callable[[], Mapping[str, str]]
    next_moments: Callable[[str, Sequence[Channel]], Awaitable[list[NextMoment] | None]]
    unsubscribe: Callable[[str], Awaitable[bool]]
    inbound_mail: Callable[[bytes], Awaitable[None]]
    terms: Terms = field(default_factory=shipped)
    offers: AgreementOffers | None = None
    floor: FloorServices | None = None
    vault: Vault | None = None
    wishes: CallerWishes | None = None
