"""What the console and the API need from the rest of the service, given to `create_app`.

Callables stand for what lives above this package or in a driver; the composition root binds them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from compliance.facts import Channel
from dialer.feed.feed import Feed
from dialer.store.database import Database
from scheduler.clock import Clock


class CampaignAction(StrEnum):
    START = "start"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMoment:
    """When a consumer may lawfully be contacted on a channel, as far as is known at `asked_at`.

    `first_allowed_at` is None when only an event opens the contact: `unlock` says which.
    """

    person_id: str
    channel: Channel
    asked_at: datetime
    first_allowed_at: datetime | None
    binding_rule: str | None
    unlock: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInForce:
    """One rule of a pack as auditors see it. `confidence` is P, S, K or U."""

    rule_id: str
    kind: str
    strength: str
    confidence: str
    citation: str
    effective_from: date | None
    effective_to: date | None
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInForce:
    """One rule pack as auditors see it."""

    pack_id: str
    title: str
    jurisdiction: str
    version: str
    sha256: str
    legal_review: str
    rules: tuple[RuleInForce, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Values that the operator set.

    `https`: the console is reached by https, so that cookies are marked Secure.
    `mail_hook_secret`: the bearer secret of the mail host; None closes the mail hook.
    """

    business_name: str
    https: bool
    mail_hook_secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the pages and the API reach.

    control: start, pause or stop a campaign by id on behalf of an account's name; answers None,
        or the reason why it was not done. It writes the state and publishes `campaign`.
    health: each part's name with None, or the reason why it is not ready.
    next_moment: for a consumer id and a channel; None for an unknown consumer.
    packs: the rule packs in force.
    unsubscribe: act on a token of RFC 8058's one click; False for a token that is not ours.
    inbound_mail: take one raw RFC 5322 message from the mail host (bounce, reply, complaint).
    """

    db: Database
    feed: Feed
    clock: Clock
    settings: ConsoleSettings
    control: Callable[[str, CampaignAction, str], Awaitable[str | None]]
    health: Callable[[], Awaitable[Mapping[str, str | None]]]
    next_moment: Callable[[str, Channel], Awaitable[NextMoment | None]]
    packs: Callable[[], Sequence[PackInForce]]
    unsubscribe: Callable[[str], Awaitable[bool]]
    inbound_mail: Callable[[bytes], Awaitable[None]]
