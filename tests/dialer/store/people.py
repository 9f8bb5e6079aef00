"""Invented people in the store, and candidates to contact them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from compliance import packs
from compliance.facts import Channel, ContactRequest, Mode
from compliance.pack import RulePack
from dialer.model.contact_point import PointKind
from dialer.store import campaigns, tables
from dialer.store.database import Database
from dialer.store.fact_rows import point_row
from dialer.store.gate import Candidate
from dialer.store.ids import new_id
from dialer.store.work import FollowUp, move_on

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LEASE = timedelta(minutes=2)
ACTOR = "third_party_collector"
OWNER = "worker-1"
STRATEGY: Mapping[str, object] = {
    "name": "Call, then text",
    "steps": [
        {"channel": "call", "template": "live", "after": 0},
        {"channel": "sms", "template": "reminder", "after": 1},
    ],
}


def catalogue() -> Mapping[str, RulePack]:
    """The two packs that the tests of the store decide by."""
    return {name: packs.shipped()[name] for name in ("us.regf", "cn.card")}


async def put(db: Database, campaign: str, case: str, follow_up: FollowUp, now: datetime) -> None:
    """Put a case of a campaign where `follow_up` says, whatever became of it before."""
    async with db.write() as conn:
        await move_on(conn, campaign_id=campaign, case_id=case, follow_up=follow_up, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One person with one case, one debt and one phone."""

    person: str
    case: str
    debt: str
    point: str
    number: str
    campaign: str | None = None


async def add_somebody(
    db: Database,
    *,
    number: str = "+12125550123",
    tz: str | None = "America/New_York",
    country: str | None = "US",
    known_from: datetime | None = LONG_AGO,
    campaign: str | None = None,
    point: str | None = None,
) -> Somebody:
    """Put a person into the store, by default in New York and never contacted."""
    now = db.clock.now()
    one = Somebody(
        person=new_id("person"),
        case=new_id("case"),
        debt=new_id("debt"),
        point=point or new_id("point"),
        number=number,
        campaign=campaign,
    )
    stamps = {"created_at": now, "updated_at": now}
    async with db.write() as conn:
        await conn.execute(
            insert(tables.consumers),
            {
                "id": one.person,
                "full_name": "Otto Abendroth",
                "name_key": "otto abendroth",
                "id_last4": "4321",
                "history_known_from": known_from,
                **stamps,
            },
        )
        await conn.execute(
            insert(tables.locations),
            {
                "id": new_id("location"),
                "consumer_id": one.person,
                "kind": "address",
                "tz": tz,
                "country": country,
                "source": "import",
                "known_at": now,
            },
        )
        if point is None:
            await conn.execute(
                insert(tables.contact_points),
                point_row(one.point, PointKind.PHONE, number, now=now),
            )
        await conn.execute(
            insert(tables.consumer_contact_points),
            {"consumer_id": one.person, "contact_point_id": one.point, "created_at": now},
        )
        await conn.execute(
            insert(tables.cases),
            {"id": one.case, "case_ref": one.case, "consumer_id": one.person, **stamps},
        )
        await conn.execute(
            insert(tables.debts),
            {"id": one.debt, "case_id": one.case, "debt_ref": "D1", "as_of": now, **stamps},
        )
        if campaign is not None:
            await campaigns.add_cases(conn, campaign, [one.case], now=now)
    return one


async def add_campaign(db: Database, name: str = "early") -> str:
    campaign = await campaigns.create(
        db,
        name=name,
        strategy=STRATEGY,
        mode="agentless",
        lines=10,
        actor=ACTOR,
        now=db.clock.now(),
    )
    return campaign.id


def call(one: Somebody, *, actor: str = ACTOR, owner: str = OWNER) -> Candidate:
    """A candidate call to this person."""
    request = ContactRequest(
        attempt_id=new_id("attempt"),
        person_id=one.person,
        channel=Channel.CALL,
        contact_point=one.point,
        address=one.number,
        debts=(one.debt,),
        campaign_id=one.campaign,
        mode=Mode.AGENT_DIALLED,
    )
    return Candidate(request=request, case_id=one.case, actor=actor, owner=owner, lease=LEASE)
