"""Signs of pressure on people, for the auditor: who, which sign, by which contacts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, ContactRequest
from compliance.pressure import signs
from compliance.zones import Zone, zone
from dialer.store.facts import Person, read_facts
from dialer.store.tables import attempts, decisions

PEOPLE = 200
ELSEWHERE = "UTC"
AFTER_REFUSAL = "contact_after_refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """One sign; `contacts` are ids of attempts and events, the last of them at `at`."""

    person_id: str
    sign: str  # rapid_redial, many_in_a_day, voicemails_in_a_row, contact_after_refusal
    at: datetime
    contacts: tuple[str, ...]


async def find_pressure(
    conn: AsyncConnection, *, since: datetime, until: datetime
) -> list[Pressure]:
    """Every sign whose last contact lies in [since, until), by instant."""
    query = (
        select(attempts.c.consumer_id)
        .where(attempts.c.reserved_at >= since, attempts.c.reserved_at < until)
        .distinct()
        .order_by(attempts.c.consumer_id)
    )
    people = list((await conn.execute(query)).scalars())
    found: list[Pressure] = []
    for start in range(0, len(people), PEOPLE):
        found += await pressure_on(conn, people[start : start + PEOPLE])
    within = (one for one in found if since <= one.at < until)
    return sorted(within, key=lambda one: (one.at, one.person_id, one.sign))


async def pressure_on(conn: AsyncConnection, people: Sequence[str]) -> list[Pressure]:
    """Every sign on each of these people, who are known, from all that is on record."""
    known = await read_facts(conn, [_about(person) for person in people])
    found = [
        Pressure(person_id=person, sign=sign.name, at=sign.at, contacts=sign.events)
        for person in people
        for sign in signs(known.events[person], _zone(known.people[person]))
    ]
    last = [one.contacts[-1] for one in found if one.sign == AFTER_REFUSAL]
    answers = await _answers(conn, last)
    return [one for one in found if one.sign != AFTER_REFUSAL or one.contacts[-1] not in answers]


async def _answers(conn: AsyncConnection, attempt_ids: Sequence[str]) -> set[str]:
    """Those that answered the person's own message, as the confirmation of a withdrawal does."""
    query = select(decisions.c.id, decisions.c.record).where(decisions.c.id.in_(attempt_ids))
    rows = await conn.execute(query)
    return {row.id for row in rows if json.loads(row.record)["request"].get("in_reply")}


def _about(person_id: str) -> ContactRequest:
    """Asks for what is known of the person, and of no number."""
    return ContactRequest(
        attempt_id="",
        person_id=person_id,
        channel=Channel.CALL,
        contact_point="",
        address="",
        debts=(),
    )


def _zone(person: Person) -> Zone:
    """Which date a call falls on: by the first zone that is known."""
    names = [place.tz for place in person.locations if place.tz is not None]
    found = zone(names[0]) if names else None
    where = found or zone(ELSEWHERE)
    assert where is not None
    return where
