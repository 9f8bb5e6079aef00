"""How long recordings stay: what retention looks at, orders to keep, and deletions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import outbox, tables
from dialer.store.casework_tables import legal_files
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.recordings import DELETED, DELETING, SEALED, RecordedCall, on_hold
from recordings.retention import (
    Bound,
    CountedFrom,
    DeletionCertificate,
    LegalHold,
    RecordingFacts,
    RetentionRule,
)
from scheduler.calendar import Period

RETAIN = "retain_recording"
"""The condition of a permit that says how long a recording is kept at least."""

_TABLE = tables.recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recording as retention sees it."""

    name: str
    playback: str | None
    call: RecordedCall
    sha256: str
    bytes: int
    duration_s: float
    key_id: str
    sealed_at: datetime
    state: str
    facts: RecordingFacts
    rules: tuple[RetentionRule, ...]


async def to_judge(conn: AsyncConnection, *, now: datetime, limit: int) -> list[Kept]:
    """Recordings whose time to be asked about has come, those half deleted first."""
    due = or_(
        _TABLE.c.state == DELETING,
        (_TABLE.c.state == SEALED)
        & or_(_TABLE.c.retain_until.is_(None), _TABLE.c.retain_until <= now),
    )
    query = (
        _with_call()
        .where(due)
        .order_by(_TABLE.c.state, _TABLE.c.retain_until, _TABLE.c.name)
        .limit(limit)
    )
    return [await _kept(conn, row) for row in (await conn.execute(query)).all()]


async def kept(conn: AsyncConnection, names: Sequence[str]) -> dict[str, Kept]:
    """These recordings as retention sees them, by name."""
    rows = (await conn.execute(_with_call().where(_TABLE.c.name.in_(names)))).all()
    return {row.name: await _kept(conn, row) for row in rows}


def _with_call() -> Select[Any]:
    attempts, calls, decisions = tables.attempts, tables.inbound_calls, tables.decisions
    return (
        select(
            _TABLE,
            func.coalesce(attempts.c.case_id, calls.c.case_id).label("case_id"),
            func.coalesce(attempts.c.active_at, attempts.c.reserved_at, calls.c.at).label("at"),
            decisions.c.record,
            calls.c.duties,
        )
        .outerjoin(attempts, attempts.c.id == _TABLE.c.attempt_id)
        .outerjoin(calls, calls.c.id == _TABLE.c.inbound_call_id)
        .outerjoin(decisions, decisions.c.id == attempts.c.id)
    )


async def _kept(conn: AsyncConnection, row: Row[Any]) -> Kept:
    inbound = row.inbound_call_id is not None
    decision = json.loads(row.record).get("decision", {}) if row.record else {}
    return Kept(
        name=row.name,
        playback=row.playback,
        call=RecordedCall(
            id=row.inbound_call_id if inbound else row.attempt_id,
            inbound=inbound,
            case_id=row.case_id,
            consumer_id=row.consumer_id,
        ),
        sha256=row.sha256,
        bytes=row.bytes,
        duration_s=row.duration_ms / 1000,
        key_id=row.key_id,
        sealed_at=row.sealed_at,
        state=row.state,
        facts=RecordingFacts(
            name=row.name,
            recorded_at=row.at,
            last_activity_at=None,
            holds=tuple(await _holds(conn, row)) if row.legal_hold else (),
        ),
        rules=tuple(_rules(row.duties if inbound else decision)),
    )


def _rules(decision: Mapping[str, Any]) -> Iterator[RetentionRule]:
    """The duties to keep that came with the permit of the call, or that bound one to us."""
    findings = {found["rule_id"]: found for found in decision.get("findings", ())}
    for condition in decision.get("conditions", ()):
        if condition["name"] == RETAIN:
            rule_id = condition["rule_id"]
            citation = findings.get(rule_id, {}).get("citation") or {}
            yield RetentionRule(
                rule_id=rule_id,
                citation=str(citation.get("text", "")),
                bound=Bound.AT_LEAST,
                period=Period.parse(condition["value"]),
                counted_from=CountedFrom.RECORDING,
            )


async def _holds(conn: AsyncConnection, row: Row[Any]) -> list[LegalHold]:
    holds = [
        LegalHold(
            hold_id=hold.id,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )
        for hold in await orders(conn, row.case_id)
    ]
    files = await conn.execute(
        select(legal_files).where(
            legal_files.c.consumer_id == row.consumer_id, legal_files.c.closed_at.is_(None)
        )
    )
    return holds + [
        LegalHold(
            hold_id=file.id, reason="legal file", placed_by="referral", placed_at=file.opened_at
        )
        for file in files.all()
    ]


async def orders(conn: AsyncConnection, case_id: str) -> Sequence[Row[Any]]:
    """The orders in force to keep what was recorded of a case, the oldest first."""
    table = tables.recording_holds
    query = select(table).where(table.c.case_id == case_id, table.c.released_at.is_(None))
    return (await conn.execute(query.order_by(table.c.placed_at))).all()


async def ask_again(db: Database, name: str, at: datetime) -> None:
    """Retention keeps it at least until then."""
    async with db.write() as conn:
        await conn.execute(update(_TABLE).where(_TABLE.c.name == name).values(retain_until=at))


async def condemn(db: Database, kept: Kept) -> bool:
    """Mark a recording as being deleted; False where an order to keep it came in between."""
    async with db.write() as conn:
        if await on_hold(conn, kept.call.case_id, kept.call.consumer_id):
            return False
        await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.name == kept.name, _TABLE.c.state == SEALED)
            .values(state=DELETING)
        )
    return True


async def deleted(db: Database, kept: Kept, certificate: DeletionCertificate) -> None:
    """The vault has it no more: enter that with the certificate, whose digest the ledger keeps."""
    async with db.write() as conn:
        await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.name == kept.name)
            .values(
                state=DELETED,
                deleted_at=certificate.deleted_at,
                certificate=certificate.canonical().decode(),
                playback=None,
            )
        )
        facts = {
            "recording": kept.name,
            **kept.call.told,
            "certificate_sha256": certificate.sha256,
        }
        now = certificate.deleted_at
        if kept.call.case_id is not None:
            await outbox.enqueue(conn, kept.call.case_id, "recording.deleted", facts, now)
        body = {**facts, "sha256": kept.sha256, "rules": list(certificate.rules)}
        draft = Draft(kind="recording.deleted", body=body, person=kept.call.consumer_id)
        await append(db, conn, [draft])


async def hold(db: Database, case_id: str, *, reason: str, by: str) -> str:
    """Order that everything recorded of a case is kept, now and later; the order's id.

    Raises LookupError for an unknown case, ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("a hold needs a reason")
    async with db.write() as conn:
        consumer = await _consumer(conn, case_id)
        hold_id, now = new_id("hold"), db.clock.now()
        await conn.execute(
            insert(tables.recording_holds),
            {
                "id": hold_id,
                "case_id": case_id,
                "reason": reason.strip(),
                "placed_by": by,
                "placed_at": now,
            },
        )
        await _mark(conn, case_id, held=True)
        body = {"hold": hold_id, "case": case_id, "by": by}
        await append(db, conn, [Draft(kind="recording.hold", body=body, person=consumer)])
    return hold_id


async def release(db: Database, hold_id: str, *, by: str) -> None:
    """Lift an order to keep; another one, or a legal file, may go on. Raises LookupError."""
    table = tables.recording_holds
    async with db.write() as conn:
        found = await conn.execute(
            update(table)
            .where(table.c.id == hold_id, table.c.released_at.is_(None))
            .values(released_by=by, released_at=db.clock.now())
            .returning(table.c.case_id)
        )
        case_id = found.scalar_one_or_none()
        if case_id is None:
            raise LookupError(f"there is no hold {hold_id} in force")
        consumer = await _consumer(conn, case_id)
        await _mark(conn, case_id, held=await on_hold(conn, case_id, consumer))
        body = {"hold": hold_id, "case": case_id, "by": by}
        draft = Draft(kind="recording.hold.released", body=body, person=consumer)
        await append(db, conn, [draft])


async def _consumer(conn: AsyncConnection, case_id: str) -> str:
    cases = tables.cases
    found = await conn.execute(select(cases.c.consumer_id).where(cases.c.id == case_id))
    consumer: str | None = found.scalar_one_or_none()
    if consumer is None:
        raise LookupError(f"there is no case {case_id}")
    return consumer


async def _mark(conn: AsyncConnection, case_id: str, *, held: bool) -> None:
    """Let the index show it; one on hold is asked about again as soon as it is not."""
    attempts, calls = tables.attempts, tables.inbound_calls
    of_case = or_(
        exists().where(attempts.c.id == _TABLE.c.attempt_id, attempts.c.case_id == case_id),
        exists().where(calls.c.id == _TABLE.c.inbound_call_id, calls.c.case_id == case_id),
    )
    await conn.execute(update(_TABLE).where(of_case).values(legal_hold=held, retain_until=None))
