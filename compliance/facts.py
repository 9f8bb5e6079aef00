"""All that a decision may look at: the request, and the facts known about the person.

Values only. Instants are aware UTC datetimes; dates are the consumer's local dates; identifiers are
opaque strings. A fact that is not known is None or absent, and a rule that needs it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Channel(StrEnum):
    CALL = "call"
    RVM = "rvm"  # ringless voicemail
    SMS = "sms"
    EMAIL = "email"
    IM = "im"
    LETTER = "letter"
    VISIT = "visit"


class Mode(StrEnum):
    """Who or what speaks on a call."""

    AGENT_DIALLED = "agent_dialled"
    PREDICTIVE = "predictive"
    PRERECORDED = "prerecorded"
    AI_VOICE = "ai_voice"


class Direction(StrEnum):
    OUT = "out"
    IN = "in"


class LocationKind(StrEnum):
    """Where a belief about the consumer's place comes from."""

    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    NUMBER_AREA = "number_area"
    CONSUMER_STATED = "consumer_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One place where the consumer may be. All that are not superseded must agree."""

    kind: LocationKind
    tz: str | None  # IANA zone; None = unknown, which refuses
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None  # state or province code
    city: str | None = None
    code: str | None = None  # area code or postal code
    medium: str | None = None  # mobile, landline
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent:
    """One earlier contact, attempt or message from the consumer, in either direction.

    `counts_as_connected` is the reading of the carrier's answer by `dialer.telephony.causes`;
    None means that `outcome` decides. A reserved attempt has the outcome `reserved` and counts
    for every rule as the strictest outcome would.
    """

    event_id: str
    at: datetime
    channel: Channel
    direction: Direction
    outcome: str
    contact_point: str | None = None
    debts: tuple[str, ...] = ()
    also_discussed: tuple[str, ...] = ()
    discussion_started_by: str | None = None
    party: str = "consumer"
    by: str | None = None
    campaign_id: str | None = None
    under_consent: bool = False
    counts_as_connected: bool | None = None
    allotted_debt: str | None = None
    creditor: str | None = None  # None = unknown, which counts for every creditor


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Leave given by the consumer: by whom, to whom, for what, until when."""

    consent_id: str
    channel: Channel | None  # None = any
    given_to: str  # collector, creditor, former_collector
    given_at: datetime
    basis: str = "direct"
    debts: tuple[str, ...] = ()  # empty = all
    contact_point: str | None = None
    opens: time | None = None  # agreed local hours [opens, closes)
    closes: time | None = None
    valid_dates: tuple[date, ...] = ()
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    ended_by: str | None = None
    evidence: str | None = None
    scope: str | None = None  # the consumer's words


class HoldKind(StrEnum):
    """Marks that stop contact, by law or by wish; they always win over a campaign."""

    DNC_GLOBAL = "dnc_global"
    DNC_CREDITOR = "dnc_creditor"
    DNC_CAMPAIGN = "dnc_campaign"
    CEASE = "cease"
    REPRESENTED = "represented"
    DISPUTE = "dispute"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    MINOR = "minor"
    MILITARY = "military"
    BREATHING_SPACE = "breathing_space"
    VULNERABLE = "vulnerable"
    PLAN_IN_FORCE = "plan_in_force"
    DEBT_ADVICE = "debt_advice"  # working with a debt adviser
    DEFERRAL = "deferral"  # hardship deferral granted by law
    COURT_ELECTION = "court_election"  # "take it to court" or lawyer-only notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A stop mark with its scope and evidence. It binds from `received_at`."""

    kind: HoldKind
    received_at: datetime | None
    debts: tuple[str, ...] = ()  # empty = all
    scope: str | None = None  # the creditor or campaign of a DNC mark
    starts_on: date | None = None
    ends_at: datetime | None = None
    in_writing: bool | None = None
    detail: str | None = None  # e.g. attorney_known, mental_health_crisis
    resolved_at: datetime | None = None  # e.g. verification sent


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A withdrawal for one channel, or for one contact point on it."""

    channel: Channel
    contact_point: str | None
    received_at: datetime | None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InconvenientTime:
    """Local hours [opens, closes) on these weekdays (0 = Monday) that do not suit the consumer."""

    weekdays: frozenset[int]
    opens: time
    closes: time | None  # None = midnight at the end of the day
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPointFacts:
    """What is known about the number or address to be used."""

    contact_point: str
    kind: str | None = None  # mobile, home_landline, workplace, employer, personal ...
    valid: bool = True
    wrong_since: datetime | None = None  # learned not to be the consumer's
    email_basis: str | None = None
    notice_sent: date | None = None
    optout_by: date | None = None
    opted_out: bool | None = None  # answered that notice with an opt-out
    reassigned_check_at: datetime | None = None  # looked up in a reassigned-numbers database
    ported_at: datetime | None = None  # moved from landline to mobile


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """A candidate contact: who, by which address, about which debts, in which manner."""

    attempt_id: str
    person_id: str
    channel: Channel
    contact_point: str  # opaque id; the same for everyone who shares the number
    address: str  # what goes on the wire: E.164, or an e-mail address
    debts: tuple[str, ...]
    creditor: str | None = None
    campaign_id: str | None = None
    mode: Mode | None = None
    party: str = "consumer"
    purpose: str = "collect"
    content: str | None = None
    in_reply: bool = False
    has_optout_notice: bool | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFacts:
    """The person as known at `known_at`, with the history that the rules count."""

    known_at: datetime
    actor: str  # third_party_collector, creditor, bank, agency ...
    locations: tuple[Location, ...]
    history: tuple[ContactEvent, ...] = ()
    history_known_from: datetime | None = None  # None = unknown: counts as full use
    superseded_locations: tuple[Location, ...] = ()
    consents: tuple[Consent, ...] = ()
    holds: tuple[Hold, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    inconvenient_times: tuple[InconvenientTime, ...] = ()
    inconvenient_places: frozenset[str] = frozenset()
    contact_points: tuple[ContactPointFacts, ...] = ()
    debt_groups: tuple[tuple[str, ...], ...] = ()
    employer_prohibits: bool | None = None
    electronic_consent: bool | None = None
    tcpa_consent: bool | None = None
    days_past_due: int | None = None
    holidays: frozenset[date] = frozenset()
    notice_sent: date | None = None  # written first notice where the law wants one (Ontario)
    spoken_on: date | None = None
