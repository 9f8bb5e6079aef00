"""Erasing a person: what names them is overwritten in place, what proves lawfulness stays.

Rows are pseudonymised, not deleted: the law counts contacts, and the ledger names people by
opaque ids only, so it verifies as before. Its own entry says what was erased and what was kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.erasure import Duty, ErasureFacts, ErasurePlan, Kept, Part, plan
from dialer.store import casework_tables as casework
from dialer.store import tables
from dialer.store.database import Database, lock
from dialer.store.ledger_writer import Draft, append
from dialer.store.person_rows import NobodyThere
from dialer.store.work_tables import work_items
from scheduler.calendar import Period

ERASED = "erased"
RETAIN = "retain_"
"""How the conditions of a permit begin that say how long something is kept."""

AUDIO = "retain_recording"
"""That of the audio, which is not among the papers."""

EMPTIED: Mapping[Part, Mapping[Table, Mapping[str, object]]] = {
    Part.IDENTITY: {
        tables.consumers: {
            "full_name": ERASED,
            "id_last4": None,
            "city": None,
            "postal_code": None,
            "address": None,
        },
        tables.locations: {"city": None, "code": None},
        tables.inbound_calls: {"number": None, "number_key": None},
    },
    Part.WORDS: {
        tables.cases: {"notes": None},
        tables.contact_events: {"body": None},
        tables.dispositions: {"notes": None},
        casework.case_notes: {"text": ERASED},
        casework.circumstances: {"body": {}},
        casework.legal_steps: {"note": ERASED},
        work_items: {"text": None},
    },
    Part.PAPERS: {
        tables.consents: {"evidence": None, "scope": None},
        casework.documents: {"name": ERASED, "content": b""},
        casework.plans: {"agreement": ERASED, "reason": None, "decision": None},
        casework.disputes: {"statement": ERASED},
        casework.dispute_steps: {"reason": ERASED},
        casework.complaints: {"statement": ERASED, "review": None},
    },
}
"""What takes the place of each value. Numbers and addresses are erased apart, in `_points`."""


async def erasure_plan(conn: AsyncConnection, consumer_id: str, now: datetime) -> ErasurePlan:
    """What of the person would be erased now, and what kept. Raises NobodyThere."""
    people, files = tables.consumers, casework.legal_files
    if (await conn.execute(select(people.c.id).where(people.c.id == consumer_id))).first() is None:
        raise NobodyThere(f"there is no person {consumer_id}")
    cases, audio = tables.cases, tables.recordings
    open_cases = await conn.execute(
        select(cases.c.case_ref)
        .where(cases.c.consumer_id == consumer_id, cases.c.status != "closed")
        .order_by(cases.c.case_ref)
    )
    held = await conn.execute(
        select(files.c.id).where(
            files.c.consumer_id == consumer_id, files.c.legal_hold, files.c.closed_at.is_(None)
        )
    )
    orders = tables.recording_holds
    ordered = await conn.execute(
        select(orders.c.id)
        .join(cases, cases.c.id == orders.c.case_id)
        .where(cases.c.consumer_id == consumer_id, orders.c.released_at.is_(None))
    )
    held_audio = await conn.execute(
        select(audio.c.name).where(audio.c.consumer_id == consumer_id, audio.c.legal_hold)
    )
    sealed = await conn.execute(
        select(func.count()).where(audio.c.consumer_id == consumer_id, audio.c.state == "sealed")
    )
    duties, last = await _duties(conn, consumer_id)
    facts = ErasureFacts(
        open_cases=open_cases.scalars().all(),
        legal_holds=[*held.scalars(), *ordered.scalars(), *held_audio.scalars()],
        duties=duties,
        last_activity=None if last is None else last.date(),
    )
    found = plan(facts, now.date())
    kept = sealed.scalar_one()
    if not kept:
        return found
    recordings = Kept(what=f"{kept} recordings", why="audio is deleted by its own retention date")
    return ErasurePlan(erased=found.erased, kept=(*found.kept, recordings))


async def erase(
    db: Database, consumer_id: str, *, by: str, purpose: str, now: datetime
) -> ErasurePlan:
    """Erase what the plan says, in one transaction with its ledger entry; gives the plan.

    Raises NobodyThere.
    """
    async with db.write() as conn:
        await lock(conn, [consumer_id])
        found = await erasure_plan(conn, consumer_id, now)
        for part in found.erased:
            for table, values in EMPTIED[part].items():
                await conn.execute(update(table).where(_of(table, consumer_id)).values(values))
        if Part.IDENTITY in found.erased:
            await _names(conn, consumer_id, now)
            await _points(conn, consumer_id)
        body = {
            "erased": list(found.erased),
            "kept": [{"what": kept.what, "why": kept.why} for kept in found.kept],
            "by": by,
            "purpose": purpose,
        }
        kind = "erasure" if found.erased else "erasure.refused"
        await append(db, conn, [Draft(kind=kind, body=body, person=consumer_id)])
    return found


async def _names(conn: AsyncConnection, consumer_id: str, now: datetime) -> None:
    people, words = tables.consumers, tables.name_words
    await conn.execute(
        update(people)
        .where(people.c.id == consumer_id)
        .values(name_key=consumer_id, updated_at=now)
    )
    await conn.execute(delete(words).where(words.c.consumer_id == consumer_id))


async def _points(conn: AsyncConnection, consumer_id: str) -> None:
    """A number that others have too stays theirs, and is no longer this person's."""
    links, points = tables.consumer_contact_points, tables.contact_points
    others = links.alias()
    shared = exists().where(
        others.c.contact_point_id == links.c.contact_point_id, others.c.consumer_id != consumer_id
    )
    await conn.execute(delete(links).where(links.c.consumer_id == consumer_id, shared))
    own = await conn.execute(
        select(links.c.contact_point_id).where(links.c.consumer_id == consumer_id)
    )
    calls = tables.inbound_calls
    for point_id in own.scalars().all():
        gone = f"{ERASED} {point_id}"
        key = select(points.c.value_key).where(points.c.id == point_id).scalar_subquery()
        await conn.execute(
            update(calls).where(calls.c.number_key == key).values(number=None, number_key=None)
        )
        await conn.execute(
            update(points)
            .where(points.c.id == point_id)
            .values(value=gone, value_key=gone, ending_key=None)
        )
    await conn.execute(
        update(links)
        .where(links.c.consumer_id == consumer_id)
        .values(raw=None, valid=False, invalid_reason=ERASED)
    )


async def _duties(
    conn: AsyncConnection, consumer_id: str
) -> tuple[Sequence[Duty], datetime | None]:
    """The duties to keep that came with the permits of the person's contacts, and the last one."""
    table = tables.decisions
    query = select(table.c.record, table.c.decided_at).where(
        table.c.consumer_id == consumer_id, table.c.allowed
    )
    found: dict[str, Duty] = {}
    last: datetime | None = None
    for row in await conn.execute(query):
        last = row.decided_at if last is None else max(last, row.decided_at)
        conditions: Sequence[Mapping[str, Any]] = json.loads(row.record)["decision"]["conditions"]
        for condition in conditions:
            if condition["name"].startswith(RETAIN) and condition["name"] != AUDIO:
                period = Period.parse(condition["value"].split(maxsplit=1)[0])
                rule_id = condition["rule_id"]
                found[rule_id] = Duty(rule_id=rule_id, period=period)
    return [found[rule_id] for rule_id in sorted(found)], last


def _of(table: Table, consumer_id: str) -> ColumnElement[bool]:
    if table is tables.consumers:
        return table.c.id == consumer_id
    if "consumer_id" in table.c:
        return table.c.consumer_id == consumer_id
    key = next(key for key in table.foreign_keys if "consumer_id" in key.column.table.c)
    owner = key.column.table
    return key.parent.in_(select(key.column).where(owner.c.consumer_id == consumer_id))
