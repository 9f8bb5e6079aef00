"""The index of sealed recordings: which attempt, which digest, since when, and who listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import outbox, tables
from dialer.store.casework_tables import legal_files
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from recordings.access import Listened
from recordings.vault import SealedRecording

SEALED, DELETING, DELETED = "sealed", "deleting", "deleted"
NO_COPY = ""
"""Instead of a copy's name, for a recording that can't be made into one."""
LISTEN_FOR = timedelta(hours=2)
"""How long leave to hear a recording lasts."""

_TABLE = tables.recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What recordings are looked for; None = any. `since` and `until` are of the call's answer."""

    case_id: str | None = None
    agent: str | None = None
    campaign_id: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def keep(
    db: Database,
    sealed: SealedRecording,
    *,
    attempt_id: str,
    consumer_id: str,
    notice_ms: int | None = None,
) -> None:
    """Enter a sealed recording, with its ledger entry and its event; once more does nothing.

    One of a consumer with an open legal file, or of a case on hold, is on hold from the start.
    """
    async with db.write() as conn:
        known = select(_TABLE.c.name).where(_TABLE.c.name == sealed.name)
        if (await conn.execute(known)).one_or_none() is not None:
            return
        attempts = tables.attempts
        case_id = (
            await conn.execute(select(attempts.c.case_id).where(attempts.c.id == attempt_id))
        ).scalar_one()
        row = {
            "name": sealed.name,
            "attempt_id": attempt_id,
            "consumer_id": consumer_id,
            "sha256": sealed.sha256,
            "bytes": sealed.bytes,
            "duration_ms": round(sealed.duration_s * 1000),
            "key_id": sealed.key_id,
            "sealed_at": sealed.sealed_at,
            "state": SEALED,
            "legal_hold": await on_hold(conn, case_id, consumer_id),
            "notice_ms": notice_ms,
        }
        await conn.execute(insert(_TABLE), row)
        told = {"recording": sealed.name, "attempt": attempt_id, "sha256": sealed.sha256}
        facts = {**told, "duration_ms": row["duration_ms"]}
        await outbox.enqueue(conn, case_id, "recording.stored", facts, sealed.sealed_at)
        body = {**told, "bytes": sealed.bytes}
        await append(db, conn, [Draft(kind="recording", body=body, person=consumer_id)])


async def failed(db: Database, *, attempt_id: str, why: str) -> None:
    """Enter that a call's recording could not be kept, or is not whole; `why` is a closed word."""
    table = tables.attempts
    async with db.write() as conn:
        found = await conn.execute(
            select(table.c.case_id, table.c.consumer_id).where(table.c.id == attempt_id)
        )
        row = found.one()
        facts = {"attempt": attempt_id, "why": why}
        await outbox.enqueue(conn, row.case_id, "recording.failed", facts, db.clock.now())
        draft = Draft(kind="recording.failed", body=facts, person=row.consumer_id)
        await append(db, conn, [draft])


async def paused(db: Database, attempt_id: str, *, by: str, on: bool) -> None:
    """Enter that a recording holds silence from now on, or what is said again."""
    kind = "recording.paused" if on else "recording.resumed"
    body = {"attempt": attempt_id, "by": by}
    consumer = await consumer_of(db, attempt_id)
    async with db.write() as conn:
        await append(db, conn, [Draft(kind=kind, body=body, person=consumer)])


async def consumer_of(db: Database, attempt_id: str) -> str | None:
    """Whom this attempt was to reach; None for an attempt that is not known."""
    table = tables.attempts
    async with db.read() as conn:
        found = await conn.execute(select(table.c.consumer_id).where(table.c.id == attempt_id))
        consumer: str | None = found.scalar_one_or_none()
    return consumer


async def on_hold(conn: AsyncConnection, case_id: str, consumer_id: str) -> bool:
    """Whether what is recorded of this case must be kept: a legal file, or an order to keep it."""
    holds = tables.recording_holds
    query = select(
        or_(
            exists().where(
                legal_files.c.consumer_id == consumer_id, legal_files.c.closed_at.is_(None)
            ),
            exists().where(holds.c.case_id == case_id, holds.c.released_at.is_(None)),
        )
    )
    return bool((await conn.execute(query)).scalar_one())


async def find(conn: AsyncConnection, sought: Sought, *, limit: int) -> list[Row[Any]]:
    """The newest recordings that fit, each with its case, campaign, agent and outcome."""
    attempts = tables.attempts
    wanted = [
        column == value
        for column, value in (
            (attempts.c.case_id, sought.case_id),
            (attempts.c.campaign_id, sought.campaign_id),
            (attempts.c.outcome, sought.outcome),
        )
        if value is not None
    ]
    if sought.agent is not None:
        said = tables.dispositions
        wanted.append(exists().where(said.c.attempt_id == attempts.c.id, said.c.by == sought.agent))
    if sought.since is not None:
        wanted.append(attempts.c.active_at >= sought.since)
    if sought.until is not None:
        wanted.append(attempts.c.active_at < sought.until)
    query = (
        _with_attempt().where(and_(True, *wanted)).order_by(_TABLE.c.sealed_at.desc()).limit(limit)
    )
    return list((await conn.execute(query)).all())


async def one(conn: AsyncConnection, name: str) -> Row[Any]:
    """A recording as `find` gives it. Raises LookupError."""
    row = (await conn.execute(_with_attempt().where(_TABLE.c.name == name))).one_or_none()
    if row is None:
        raise LookupError(f"there is no recording {name}")
    return row


def _with_attempt() -> Select[Any]:
    attempts, said = tables.attempts, tables.dispositions
    agent = select(func.max(said.c.by)).where(said.c.attempt_id == attempts.c.id).scalar_subquery()
    return select(
        _TABLE,
        attempts.c.case_id,
        attempts.c.campaign_id,
        attempts.c.outcome,
        attempts.c.active_at,
        agent.label("agent"),
    ).join(attempts, attempts.c.id == _TABLE.c.attempt_id)


async def works_on(conn: AsyncConnection, case_id: str, agent: str) -> bool:
    """Whether the agent noted what came of a call of this case."""
    said = tables.dispositions
    query = select(exists().where(said.c.case_id == case_id, said.c.by == agent))
    return bool((await conn.execute(query)).scalar_one())


async def note_access(db: Database, name: str, *, by: str, purpose: str) -> None:
    """Enter who takes a copy of a recording, and why, before it is handed out.

    Raises LookupError for a recording that is not in the index, ValueError without a purpose.
    """
    if not purpose.strip():
        raise ValueError("a recording is not handed out without a purpose")
    async with db.write() as conn:
        consumer = (await one(conn, name)).consumer_id
        body = {"recording": name, "by": by, "purpose": purpose}
        await append(db, conn, [Draft(kind="recording.access", body=body, person=consumer)])


async def listened(db: Database, entry: Listened) -> str:
    """Enter leave to hear a recording; the id of it, good for `LISTEN_FOR`. Raises LookupError."""
    async with db.write() as conn:
        consumer = (await one(conn, entry.recording)).consumer_id
        listen_id = new_id("listen")
        await conn.execute(
            insert(tables.recording_listens),
            {
                "id": listen_id,
                "recording": entry.recording,
                "by": entry.account_id,
                "role": entry.role,
                "purpose": entry.purpose,
                "reason": entry.reason,
                "at": entry.at,
                "until": entry.at + LISTEN_FOR,
            },
        )
        body = {
            "recording": entry.recording,
            "by": entry.account_id,
            "purpose": str(entry.purpose),
            "listen": listen_id,
        }
        await append(db, conn, [Draft(kind="recording.access", body=body, person=consumer)])
    return listen_id


async def may_hear(
    conn: AsyncConnection, listen_id: str, name: str, by: str, now: datetime
) -> bool:
    """Whether this leave is of this person for this recording, and still good."""
    table = tables.recording_listens
    query = select(
        exists().where(
            table.c.id == listen_id,
            table.c.recording == name,
            table.c.by == by,
            table.c.until > now,
        )
    )
    return bool((await conn.execute(query)).scalar_one())


async def listens(conn: AsyncConnection, name: str) -> Sequence[Row[Any]]:
    """Who had leave to hear a recording, newest first."""
    table = tables.recording_listens
    query = select(table).where(table.c.recording == name).order_by(table.c.at.desc())
    return (await conn.execute(query)).all()


async def without_playback(conn: AsyncConnection, *, limit: int) -> list[str]:
    """The oldest sealed recordings that have no copy for listening yet."""
    query = (
        select(_TABLE.c.name)
        .where(_TABLE.c.state == SEALED, _TABLE.c.playback.is_(None))
        .order_by(_TABLE.c.sealed_at)
        .limit(limit)
    )
    return list((await conn.execute(query)).scalars().all())


async def has_playback(db: Database, name: str, playback: str) -> None:
    """The recording's copy for listening is in the vault."""
    async with db.write() as conn:
        await conn.execute(update(_TABLE).where(_TABLE.c.name == name).values(playback=playback))
