"""A store with a morning's work in it, for the console's tests: everybody in it is invented."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import packs
from compliance.decision import decide
from compliance.facts import (
    Channel,
    Consent,
    ContactEvent,
    ContactFacts,
    ContactRequest,
    Direction,
    Location,
    LocationKind,
)
from compliance.ledger import canonical
from compliance.permit import Finding, Permit
from compliance.record import record as recorded
from dialer.model.contact_point import PointKind
from dialer.store import campaigns, tables
from dialer.store.accounts import Role, create_account
from dialer.store.database import Database
from dialer.store.fact_rows import point_row, word_rows
from dialer.store.ledger_writer import Draft, append
from dialer.web.passwords import hash_password

BOOK = {"us.regf": packs.shipped()["us.regf"]}
PASSWORD = "a long enough password"
_hashes: dict[str, str] = {}
NAMES = [
    "Marisol Quickwater", "Thaddeus Oakenshield-Price", "Jun Brightwell", "陈晓明",
    "Priscilla Vantongeren", "Orville Tumbledown", "林美玉", "Delphine Harrowgate",
    "Cassius Pennyfeather", "Ines Marlborough", "Bartholomew Finch", "Wilhelmina Stargazer",
    "周大海", "Ezekiel Thornbury", "Rosalind Cloverfield", "Ignatius Merriweather",
]  # fmt: skip
PLACES = [
    ("US", "NY", "New York", "America/New_York", "212"),
    ("US", "IL", "Chicago", "America/Chicago", "312"),
    ("US", "CO", "Denver", "America/Denver", "303"),
    ("US", "CA", "Oakland", "America/Los_Angeles", "510"),
    ("US", "HI", "Hilo", "Pacific/Honolulu", "808"),
]
OUTCOMES = {
    "call": ["no_answer"] * 9 + ["message_played"] * 7 + ["voicemail_limited_content"] * 5
    + ["busy"] * 3 + ["conversation"] * 2 + ["not_in_service"],
    "sms": ["delivered"] * 18 + ["sent"] * 3 + ["undeliverable"] * 2 + ["STOP"],
    "email": ["sent"] * 20 + ["bounced"] + ["unsubscribed"],
}  # fmt: skip
PLANS = [
    ("Cards 30–59, first notice", ["sms", "call", "email"], 64, "running"),
    ("Auto loans, early calls", ["call", "sms"], 41, "running"),
    ("Student loans, reminders", ["email", "sms"], 23, "paused"),
    ("Medical, settled quarter", ["call"], 8, "draft"),
]


async def add_account(db: Database, name: str, role: Role, *, must_change: bool = False) -> str:
    """An account whose password is PASSWORD; its id."""
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = await hash_password(PASSWORD)
    async with db.write() as conn:
        return await create_account(
            conn,
            name=name,
            role=role,
            password_hash=_hashes[PASSWORD],
            must_change_password=must_change,
            now=db.clock.now(),
        )


async def fill(db: Database, *, seed: int = 7) -> dict[str, str]:
    """Campaigns with cases, attempts, decisions and a ledger; the campaigns' ids by name."""
    rng = random.Random(seed)
    now = db.clock.now()
    ids: dict[str, str] = {}
    number = 0
    for name, channels, size, state in PLANS:
        campaign = await campaigns.create(
            db,
            name=name,
            strategy={
                "name": name,
                "steps": [{"channel": c, "template": "reminder", "after": "P1D"} for c in channels],
            },
            mode="agentless",
            lines=10,
            actor="third_party_collector",
            creditor="Fernwood Bank",
            now=now - timedelta(days=2),
        )
        ids[name] = campaign.id
        async with db.write() as conn:
            case_ids = [await add_case(conn, n, now) for n in range(number, number + size)]
            number += size
            await campaigns.add_cases(conn, campaign.id, case_ids, now=now - timedelta(days=2))
        if state != "draft":
            await campaigns.start(db, campaign.id, now=now - timedelta(hours=2), by="morgan")
            async with db.write() as conn:
                for index, case_id in enumerate(case_ids):
                    for _ in range(rng.choice([1, 1, 2, 3])):
                        await add_contact(
                            db,
                            conn,
                            rng,
                            campaign_id=campaign.id,
                            case_id=case_id,
                            channel=rng.choice(channels),
                            at=now - timedelta(seconds=60 * 62 * rng.random() ** 1.4),
                            refuse=index % 4 == 3,
                        )
        if state == "paused":
            await campaigns.pause(db, campaign.id, now=now - timedelta(minutes=9), by="morgan")
    return ids


async def add_case(conn: AsyncConnection, number: int, now: datetime) -> str:
    """One consumer with a case, a phone and a mailbox; the case's id."""
    name = NAMES[number % len(NAMES)]
    country, region, city, zone, area = PLACES[number % len(PLACES)]
    consumer, case = f"consumer_{number:04}", f"case_{number:04}"
    phone, mailbox = f"phone_{number:04}", f"mail_{number:04}"
    stamps = {"created_at": now, "updated_at": now}
    rows = [
        (tables.consumers, {"id": consumer, "full_name": name, "name_key": name.casefold(),
            "country": country, "region": region, "city": city, "language": "en", **stamps}),
        (tables.locations, {"id": f"location_{number:04}", "consumer_id": consumer,
            "kind": "address", "tz": zone, "country": country, "region": region, "city": city,
            "source": "import", "known_at": now}),
        (tables.cases, {"id": case, "case_ref": f"FW-{24000 + number}", "consumer_id": consumer,
            "creditor": "Fernwood Bank", **stamps}),
        (tables.contact_points, point_row(phone, PointKind.PHONE,
            f"+1{area}55501{number // 5:02}", country=country, now=now)),
        (tables.contact_points, point_row(mailbox, PointKind.EMAIL,
            f"consumer{number}@mail.example", now=now)),
        *((tables.name_words, row) for row in word_rows(consumer, name)),
    ]  # fmt: skip
    for table, values in rows:
        await conn.execute(insert(table), values)
    for position, point in enumerate((phone, mailbox)):
        await conn.execute(
            insert(tables.consumer_contact_points),
            {
                "consumer_id": consumer,
                "contact_point_id": point,
                "position": position,
                "type": "mobile" if position == 0 else "personal",
                "created_at": now,
            },
        )
    return case


async def add_contact(
    db: Database,
    conn: AsyncConnection,
    rng: random.Random,
    *,
    campaign_id: str,
    case_id: str,
    channel: str,
    at: datetime,
    refuse: bool = False,
    open_: bool = False,
) -> str:
    """One candidate decided as at `at`, with its attempt where it was allowed; its id."""
    attempt_id = f"attempt_{rng.getrandbits(64):016x}"
    number = case_id.removeprefix("case_")
    point = f"mail_{number}" if channel == "email" else f"phone_{number}"
    request, facts = question(attempt_id, number, channel, point, at, refuse=refuse)
    book = packs.select(BOOK, request, facts)
    answer = decide(request, facts, book, at)
    record = canonical(recorded(answer, request, facts)).decode()
    digest = sha256(record.encode()).hexdigest()
    await conn.execute(
        insert(tables.decisions),
        {
            "id": attempt_id,
            "consumer_id": request.person_id,
            "case_id": case_id,
            "campaign_id": campaign_id,
            "channel": channel,
            "contact_point_id": point,
            "decided_at": at,
            "allowed": isinstance(answer, Permit),
            "rules": list(answer.rules),
            "strength": answer.strength,
            "binding_rule": answer.binding_rule,
            "first_allowed_at": answer.first_allowed_at,
            "unlock": answer.unlock,
            "pack_sha256": dict(answer.pack_sha256),
            "tz_version": answer.tz_version,
            "record": record,
            "record_sha256": digest,
        },
    )
    outcome = "reserved" if open_ else rng.choice(OUTCOMES[channel])
    if isinstance(answer, Permit):
        await conn.execute(
            insert(tables.attempts),
            {
                "id": attempt_id,
                "case_id": case_id,
                "consumer_id": request.person_id,
                "campaign_id": campaign_id,
                "channel": channel,
                "contact_point_id": point,
                "debts": ["debt_1"],
                "also_discussed": [],
                "state": "active" if open_ else "closed",
                "outcome": outcome,
                "detail": {},
                "owner": "test",
                "permit_expires_at": at + timedelta(minutes=1),
                "reserved_at": at,
                "active_at": at,
                "closed_at": None if open_ else at + timedelta(seconds=20),
            },
        )
    body = {
        "attempt": attempt_id,
        "case": case_id,
        "campaign": campaign_id,
        "channel": channel,
        "contact_point": point,
        "allowed": isinstance(answer, Permit),
        "rules": list(answer.rules),
        "allotted_debt": None,
        "record_sha256": digest,
    }
    drafts = [Draft(kind="decision", body=body, person=request.person_id)]
    if isinstance(answer, Permit) and not open_:
        ended = {"attempt": attempt_id, "outcome": outcome, "counts": None}
        drafts.append(Draft(kind="attempt.closed", body=ended, person=request.person_id))
    await append(db, conn, drafts)
    return attempt_id


def findings_of(person_id: str, channel: Channel, at: datetime) -> tuple[Finding, ...]:
    """What the rules say of one more contact, after seven calls in seven days."""
    number = person_id.removeprefix("consumer_")
    request, facts = question("next", number, channel, f"phone_{number}", at, refuse=True)
    return decide(request, facts, packs.select(BOOK, request, facts), at).findings


def question(
    attempt_id: str, number: str, channel: str, point: str, at: datetime, *, refuse: bool
) -> tuple[ContactRequest, ContactFacts]:
    """A candidate contact and its facts; with `refuse`, seven calls in the last seven days."""
    country, region, city, zone, area = PLACES[int(number) % len(PLACES)]
    request = ContactRequest(
        attempt_id=attempt_id,
        person_id=f"consumer_{number}",
        channel=Channel(channel),
        contact_point=point,
        address=f"+1{area}5550100" if channel != "email" else "consumer@mail.example",
        debts=("debt_1",),
        by="third_party_collector",
    )
    place = Location(
        kind=LocationKind.ADDRESS, tz=zone, country=country, region=region, city=city, known_at=at
    )
    calls = tuple(
        ContactEvent(
            event_id=f"event_{day}",
            at=at - timedelta(days=day * 0.8 + 0.2),
            channel=Channel.CALL,
            direction=Direction.OUT,
            outcome="no_answer",
            contact_point=point,
            debts=("debt_1",),
            allotted_debt="debt_1",
        )
        for day in range(7 if refuse else 2)
    )
    consent = Consent(
        consent_id="consent_1",
        channel=Channel.SMS,
        given_to="collector",
        given_at=at - timedelta(days=20),
        contact_point=point,
        evidence="web form of 4 November",
    )
    facts = ContactFacts(
        known_at=at,
        actor="third_party_collector",
        locations=(place,),
        history=calls,
        history_known_from=at - timedelta(days=365),
        electronic_consent=True,
        tcpa_consent=True,
        consents=(consent,) if int(number) % 7 else (),
    )
    return request, facts
