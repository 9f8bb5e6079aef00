"""Invented people in numbers, with a history that leaves them free to be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table

from compliance.facts import Channel, ContactRequest, Mode
from dialer.model.contact_point import PointKind
from dialer.store import campaigns, tables
from dialer.store.bulk import insert_many
from dialer.store.database import Database
from dialer.store.fact_rows import point_row
from dialer.store.gate import Candidate
from dialer.store.ids import new_id

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""A Tuesday, noon in New York."""

ACTOR = "third_party_collector"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LEASE = timedelta(minutes=2)
_STRATEGY: Mapping[str, object] = {
    "name": "Call",
    "steps": [{"channel": "call", "template": "live", "after": 0}],
}
_AT_ONCE = 5000  # people


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One person with one case, one debt and one phone."""

    person: str
    case: str
    debt: str
    point: str
    number: str
    campaign: str | None


async def new_campaign(db: Database, *, mode: str = "agentless", lines: int = 10) -> str:
    """A campaign that calls as a third-party collector."""
    made = await campaigns.create(
        db,
        name=new_id("bench"),
        strategy=_STRATEGY,
        mode=mode,
        lines=lines,
        actor=ACTOR,
        now=db.clock.now(),
    )
    return made.id


async def add_people(
    db: Database,
    count: int,
    *,
    campaign: str | None = None,
    history: int = 0,
    numbers: Sequence[str] = (),
) -> list[Somebody]:
    """People in New York, each with `history` past calls, one every nine days and none lately.

    `numbers` are those of their phones, where calls are really to be placed.
    """
    now = db.clock.now()
    made = [
        Somebody(
            person=new_id("person"),
            case=new_id("case"),
            debt=new_id("debt"),
            point=new_id("point"),
            number=numbers[n] if numbers else f"+1212{5_550_100 + n % 100:07d}",
            campaign=campaign,
        )
        for n in range(count)
    ]
    for start in range(0, count, _AT_ONCE):
        some = made[start : start + _AT_ONCE]
        async with db.write() as conn:
            for table, rows in _rows(some, now, history, bool(numbers)):
                await insert_many(conn, table, rows)
            if campaign is not None:
                await campaigns.add_cases(conn, campaign, [one.case for one in some], now=now)
    return made


def _rows(
    people: Sequence[Somebody], now: datetime, history: int, callable_: bool
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    stamps = {"created_at": now, "updated_at": now}
    named = {"full_name": "Otto Abendroth", "name_key": "otto abendroth"}
    yield (
        tables.consumers,
        [{"id": one.person, **named, "history_known_from": LONG_AGO, **stamps} for one in people],
    )
    place = {"kind": "address", "tz": "America/New_York", "country": "US", "region": "NY"}
    yield (
        tables.locations,
        [
            {"id": new_id("place"), "consumer_id": one.person, **place, "source": "import"}
            | {"known_at": now}
            for one in people
        ],
    )
    yield (
        tables.contact_points,
        [
            point_row(one.point, PointKind.PHONE, one.number if callable_ else one.point, now=now)
            for one in people
        ],
    )
    yield (
        tables.consumer_contact_points,
        [
            {"consumer_id": one.person, "contact_point_id": one.point, "created_at": now}
            for one in people
        ],
    )
    yield (
        tables.cases,
        [
            {"id": one.case, "case_ref": one.case, "consumer_id": one.person, **stamps}
            for one in people
        ],
    )
    yield (
        tables.debts,
        [
            {"id": one.debt, "case_id": one.case, "debt_ref": "D1", "as_of": now, **stamps}
            for one in people
        ],
    )
    yield (
        tables.contact_events,
        [
            {
                "id": new_id("event"),
                "consumer_id": one.person,
                "case_id": one.case,
                "at": now - timedelta(days=9 * number),
                "channel": "call",
                "direction": "out",
                "outcome": "no_answer",
                "contact_point_id": one.point,
                "debts": [one.debt],
                "also_discussed": [],
                "party": "consumer",
                "under_consent": False,
                "source": "import",
                "recorded_at": now,
            }
            for one in people
            for number in range(1, history + 1)
        ],
    )


def call_to(one: Somebody, *, owner: str = "bench", lease: timedelta = LEASE) -> Candidate:
    """A candidate call by an agent to this person."""
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
    return Candidate(request=request, case_id=one.case, actor=ACTOR, owner=owner, lease=lease)
