"""Past attempts that what we learned later makes questionable. What was known then stays.

Each attempt that went out while such a fact was true and not yet known is decided again, as it was
recorded but with the fact: where that is a refusal, the attempt is exposed. Attempts to a number
that was not the person's are listed apart: they were no contacts with the person.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.decision import decide
from compliance.facts import ContactFacts, ContactPointFacts, ContactRequest, Hold
from compliance.permit import Refusal
from compliance.record import facts_from_record, request_from_record
from compliance.replay import Archive, rulebook_of
from dialer.store import tables
from dialer.store.attempts import NOT_SENT
from dialer.store.database import Database
from dialer.store.facts import Known, Person, read_facts
from dialer.store.late_facts import LateFact, hold_since, read_late_facts
from dialer.store.replaying import archive_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """An attempt that would have been refused, by which rules, for what we learned when."""

    attempt_id: str
    person_id: str
    case_id: str
    channel: str
    at: datetime
    rules: tuple[str, ...]
    causes: tuple[LateFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """All exposed attempts, and those that reached for somebody else's number."""

    exposed: tuple[Exposed, ...]
    uncounted: tuple[str, ...]  # attempts


async def find_exposure(
    db: Database, *, since: datetime | None = None, until: datetime | None = None
) -> Exposure:
    """Every exposed attempt decided in [since, until), by instant."""
    exposed: list[Exposed] = []
    uncounted: set[str] = set()
    async with db.read() as conn:
        kept = await archive_of(conn)
        for person_id, late in _by_person(await read_late_facts(conn)).items():
            rows = await _permitted(conn, person_id, late, since, until)
            if not rows:
                continue
            requests = {row.id: request_from_record(json.loads(row.record)) for row in rows}
            known = await read_facts(conn, list(requests.values()))
            for row in rows:
                causes = _causes(row, requests[row.id], late)
                if any(cause.kind == "wrong_number" for cause in causes):
                    uncounted.add(row.id)
                found = _judge(row, requests[row.id], causes, known, kept)
                if found is not None:
                    exposed.append(found)
    return Exposure(
        exposed=tuple(sorted(exposed, key=lambda one: (one.at, one.attempt_id))),
        uncounted=tuple(sorted(uncounted)),
    )


def _by_person(facts: Iterable[LateFact]) -> Mapping[str, list[LateFact]]:
    grouped: dict[str, list[LateFact]] = defaultdict(list)
    for fact in facts:
        grouped[fact.person_id].append(fact)
    return grouped


async def _permitted(
    conn: AsyncConnection,
    person_id: str,
    late: Sequence[LateFact],
    since: datetime | None,
    until: datetime | None,
) -> Sequence[Row[Any]]:
    """The person's attempts that went out while one of these facts was not known."""
    table, attempts = tables.decisions, tables.attempts
    first, last = min(fact.since for fact in late), max(fact.known_at for fact in late)
    query = (
        select(table)
        .join(attempts, attempts.c.id == table.c.id)
        .where(
            table.c.consumer_id == person_id,
            table.c.allowed == true(),
            table.c.decided_at >= (first if since is None else max(first, since)),
            table.c.decided_at < (last if until is None else min(last, until)),
            attempts.c.outcome != NOT_SENT,
        )
        .order_by(table.c.decided_at, table.c.id)
    )
    return (await conn.execute(query)).all()


def _causes(row: Row[Any], request: ContactRequest, late: Sequence[LateFact]) -> list[LateFact]:
    """What was true when the attempt was decided, and not yet known."""
    return [
        fact
        for fact in late
        if fact.since <= row.decided_at < fact.known_at
        and (fact.kind != "wrong_number" or fact.id == request.contact_point)
    ]


def _judge(
    row: Row[Any],
    request: ContactRequest,
    causes: Sequence[LateFact],
    known: Known,
    kept: Archive,
) -> Exposed | None:
    if not causes:
        return None
    recorded = json.loads(row.record)
    then = facts_from_record(recorded)
    facts = _as_it_was(then, request, causes, known.people[row.consumer_id])
    answer = decide(request, facts, rulebook_of(recorded, kept), row.decided_at)
    if not isinstance(answer, Refusal):
        return None
    return Exposed(
        attempt_id=row.id,
        person_id=row.consumer_id,
        case_id=row.case_id,
        channel=row.channel,
        at=row.decided_at,
        rules=answer.rules,
        causes=tuple(causes),
    )


def _as_it_was(
    then: ContactFacts, request: ContactRequest, causes: Sequence[LateFact], person: Person
) -> ContactFacts:
    """The recorded facts with what is known by now of marks, withdrawals, consents and numbers."""
    wrong = [fact for fact in causes if fact.kind == "wrong_number"]
    events = [fact.event for fact in causes if fact.event is not None]
    known = {event.event_id for event in then.history}
    history = (*then.history, *(event for event in events if event.event_id not in known))
    return replace(
        then,
        holds=tuple(_true_from(hold) for hold in person.holds),
        opt_outs=person.opt_outs,
        consents=person.consents,
        contact_points=_points(then, request, wrong),
        history=tuple(sorted(history, key=lambda event: (event.at, event.event_id))),
    )


def _true_from(hold: Hold) -> Hold:
    if hold.received_at is None:
        return hold
    return replace(hold, received_at=hold_since(hold.received_at, hold.starts_on))


def _points(
    then: ContactFacts, request: ContactRequest, wrong: Sequence[LateFact]
) -> tuple[ContactPointFacts, ...]:
    if not wrong:
        return then.contact_points
    since = min(fact.since for fact in wrong)
    others = [p for p in then.contact_points if p.contact_point != request.contact_point]
    own = next(
        (p for p in then.contact_points if p.contact_point == request.contact_point),
        ContactPointFacts(contact_point=request.contact_point),
    )
    return (*others, replace(own, wrong_since=since))
