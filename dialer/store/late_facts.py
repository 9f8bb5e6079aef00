"""Facts that were true before we knew them: two times each, when it became so and when we learned.

Stop marks, withdrawals and contacts carry both instants in their rows. When the end of a consent
or a wrong number was learned is what the ledger says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import ContactEvent, Direction
from compliance.outcomes import CLASSES, Counts
from dialer.store import fact_values, tables

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
RIGHT_AFTER = timedelta(microseconds=1)
_TALKS = [word for word, counts in CLASSES.items() if counts & Counts.EFFECTIVE_CONVERSATION]
_NOT_TALKS = ("reserved", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFact:
    """One such fact. What we did about the person in [since, known_at) may have been wrong."""

    kind: str  # hold, opt_out, consent_ended, wrong_number, contact
    id: str  # of the row; of a wrong number, the contact point
    what: str
    person_id: str
    since: datetime
    known_at: datetime
    event: ContactEvent | None = None  # of a contact that was learned later


async def read_late_facts(conn: AsyncConnection) -> list[LateFact]:
    """All of them, by person and by when they were learned."""
    found = [
        *await _holds(conn),
        *await _opt_outs(conn),
        *await _ended_consents(conn),
        *await _wrong_numbers(conn),
        *await _contacts(conn),
    ]
    late = (fact for fact in found if fact.since < fact.known_at)
    return sorted(late, key=lambda fact: (fact.person_id, fact.known_at, fact.id))


def hold_since(received_at: datetime | None, starts_on: Any) -> datetime:
    """When a mark was true: from its own first day where that is known, else from its receipt."""
    starts = None if starts_on is None else datetime.combine(starts_on, time(), UTC)
    known = [at for at in (received_at, starts) if at is not None]
    return min(known, default=ALWAYS)


async def _holds(conn: AsyncConnection) -> list[LateFact]:
    return [
        LateFact(
            kind="hold",
            id=row.id,
            what=row.kind,
            person_id=row.consumer_id,
            since=hold_since(row.received_at, row.starts_on),
            known_at=row.recorded_at,
        )
        for row in await conn.execute(select(tables.holds))
    ]


async def _opt_outs(conn: AsyncConnection) -> list[LateFact]:
    table = tables.opt_outs
    query = select(table).where(table.c.received_at < table.c.recorded_at)
    return [
        LateFact(
            kind="opt_out",
            id=row.id,
            what=row.channel,
            person_id=row.consumer_id,
            since=row.received_at,
            known_at=row.recorded_at,
        )
        for row in await conn.execute(query)
    ]


async def _ended_consents(conn: AsyncConnection) -> list[LateFact]:
    return [
        LateFact(
            kind="consent_ended",
            id=body["consent"],
            what=body["ended_by"],
            person_id=row.subject,
            since=datetime.fromisoformat(body["at"]),
            known_at=row.at,
        )
        for row, body in await _said(conn, "consent.ended")
    ]


async def _wrong_numbers(conn: AsyncConnection) -> list[LateFact]:
    """A number is in doubt right after the last talk with the consumer by it."""
    said = await _said(conn, "contact_point.wrong")
    talks = await _last_talks(conn, [row.subject for row, _ in said])
    return [
        LateFact(
            kind="wrong_number",
            id=body["contact_point"],
            what=body["source"],
            person_id=row.subject,
            since=min(
                talks.get((row.subject, body["contact_point"]), ALWAYS) + RIGHT_AFTER,
                datetime.fromisoformat(body["at"]),
            ),
            known_at=row.at,
        )
        for row, body in said
    ]


async def _said(conn: AsyncConnection, kind: str) -> list[tuple[Row[Any], Mapping[str, Any]]]:
    table = tables.ledger
    rows = await conn.execute(select(table).where(table.c.kind == kind))
    return [(row, json.loads(row.body)) for row in rows]


async def _last_talks(
    conn: AsyncConnection, people: Sequence[str]
) -> dict[tuple[str, str], datetime]:
    """When each person was last spoken to by each number."""
    words = [word for word in _TALKS if word not in _NOT_TALKS]
    last: dict[tuple[str, str], datetime] = {}
    for table, at in (
        (tables.attempts, tables.attempts.c.reserved_at),
        (tables.contact_events, tables.contact_events.c.at),
    ):
        query = select(table.c.consumer_id, table.c.contact_point_id, at.label("at")).where(
            table.c.consumer_id.in_(people),
            table.c.outcome.in_(words),
            table.c.party == "consumer",
        )
        for row in await conn.execute(query):
            key = row.consumer_id, row.contact_point_id
            last[key] = max(row.at, last.get(key, ALWAYS))
    return last


async def _contacts(conn: AsyncConnection) -> list[LateFact]:
    """Only those before whose telling we made an attempt: imports bring many others."""
    table, attempts = tables.contact_events, tables.attempts
    between = exists().where(
        attempts.c.consumer_id == table.c.consumer_id,
        attempts.c.reserved_at >= table.c.at,
        attempts.c.reserved_at < table.c.recorded_at,
    )
    query = select(table).where(table.c.at < table.c.recorded_at, between)
    return [
        LateFact(
            kind="contact",
            id=row.id,
            what=row.outcome,
            person_id=row.consumer_id,
            since=row.at,
            known_at=row.recorded_at,
            event=fact_values.event(row, Direction(row.direction)),
        )
        for row in await conn.execute(query)
    ]
