"""The index of sealed recordings: which attempt, which digest, since when, and who listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, or_, select, update
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
    """What recordings are looked for; None = any. `since` and `until` are of the call's answer.

    `before` is the seal's instant and the name of the last one that was seen.
    """

    case_id: str | None = None
    case_ref: str | None = None
    agent: str | None = None
    campaign_id: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    inbound: bool | None = None
    before: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """The call that a recording is of: an attempt of ours, or one that came in.

    Of a stranger's call neither case nor consumer is known.
    """

    id: str
    inbound: bool
    case_id: str | None
    consumer_id: str | None

    @property
    def told(self) -> dict[str, str | None]:
        """How the ledger and the feed name the call."""
        return {"attempt": None, "call": self.id} if self.inbound else {"attempt": self.id}


async def call_of(conn: AsyncConnection, call_id: str) -> RecordedCall | None:
    """The call of this id; None where there is none."""
    for table in (tables.attempts, tables.inbound_calls):
        found = await conn.execute(
            select(table.c.case_id, table.c.consumer_id).where(table.c.id == call_id)
        )
        row = found.one_or_none()
        if row is not None:
            return RecordedCall(
                id=call_id,
                inbound=table is tables.inbound_calls,
                case_id=row.case_id,
                consumer_id=row.consumer_id,
            )
    return None


async def keep(
    db: Database, sealed: SealedRecording, *, call_id: str, notice_ms: int | None = None
) -> None:
    """Enter a sealed recording, with its ledger entry and its event; once more does nothing.

    One of a consumer with an open legal file, or of a case on hold, is on hold from the start.
    Raises LookupError for a call that is not known.
    """
    async with db.write() as conn:
        known = select(_TABLE.c.name).where(_TABLE.c.name == sealed.name)
        if (await conn.execute(known)).one_or_none() is not None:
            return
        call = await _known(conn, call_id)
        row = {
            "name": sealed.name,
            "attempt_id": None if call.inbound else call.id,
            "inbound_call_id": call.id if call.inbound else None,
            "consumer_id": call.consumer_id,
            "sha256": sealed.sha256,
            "bytes": sealed.bytes,
            "duration_ms": round(sealed.duration_s * 1000),
            "key_id": sealed.key_id,
            "sealed_at": sealed.sealed_at,
            "state": SEALED,
            "legal_hold": await on_hold(conn, call.case_id, call.consumer_id),
            "notice_ms": notice_ms,
        }
        await conn.execute(insert(_TABLE), row)
        told = {"recording": sealed.name, **call.told, "sha256": sealed.sha256}
        if call.case_id is not None:
            facts = {**told, "duration_ms": row["duration_ms"]}
            await outbox.enqueue(conn, call.case_id, "recording.stored", facts, sealed.sealed_at)
        body = {**told, "bytes": sealed.bytes}
        await append(db, conn, [Draft(kind="recording", body=body, person=call.consumer_id)])


async def failed(db: Database, *, call_id: str, why: str) -> None:
    """Enter that a call's recording could not be kept, or is not whole; `why` is a closed word.

    Raises LookupError for a call that is not known.
    """
    async with db.write() as conn:
        call = await _known(conn, call_id)
        facts = {**call.told, "why": why}
        if call.case_id is not None:
            await outbox.enqueue(conn, call.case_id, "recording.failed", facts, db.clock.now())
        draft = Draft(kind="recording.failed", body=facts, person=call.consumer_id)
        await append(db, conn, [draft])


async def paused(db: Database, call_id: str, *, by: str, on: bool) -> None:
    """Enter that a recording holds silence from now on, or what is said again.

    Raises LookupError for a call that is not known.
    """
    kind = "recording.paused" if on else "recording.resumed"
    async with db.write() as conn:
        call = await _known(conn, call_id)
        draft = Draft(kind=kind, body={**call.told, "by": by}, person=call.consumer_id)
        await append(db, conn, [draft])


async def _known(conn: AsyncConnection, call_id: str) -> RecordedCall:
    call = await call_of(conn, call_id)
    if call is None:
        raise LookupError(f"there is no call {call_id}")
    return call


async def belongs_to(conn: AsyncConnection, call_id: str, case_id: str, consumer_id: str) -> None:
    """The recording of a stranger's call is from now on one of this case."""
    held = await on_hold(conn, case_id, consumer_id)
    await conn.execute(
        update(_TABLE)
        .where(_TABLE.c.inbound_call_id == call_id, _TABLE.c.state == SEALED)
        .values(consumer_id=consumer_id, legal_hold=held, retain_until=None)
    )


async def on_hold(conn: AsyncConnection, case_id: str | None, consumer_id: str | None) -> bool:
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
    attempts, calls = tables.attempts, tables.inbound_calls
    wanted: list[ColumnElement[bool]] = [
        or_(attempts.c[name] == value, calls.c[name] == value)
        for name, value in (
            ("case_id", sought.case_id),
            ("campaign_id", sought.campaign_id),
            ("outcome", sought.outcome),
        )
        if value is not None
    ]
    if sought.case_ref is not None:
        wanted.append(tables.cases.c.case_ref == sought.case_ref)
    if sought.agent is not None:
        said = tables.dispositions
        theirs = exists().where(said.c.attempt_id == attempts.c.id, said.c.by == sought.agent)
        wanted.append(or_(theirs, calls.c.agent == sought.agent))
    if sought.since is not None:
        wanted.append(sought.since <= _AT)
    if sought.until is not None:
        wanted.append(sought.until > _AT)
    if sought.inbound is not None:
        wanted.append(_TABLE.c.inbound_call_id.is_not(None) == sought.inbound)
    if sought.before is not None:
        at, name = sought.before
        older = and_(_TABLE.c.sealed_at == at, _TABLE.c.name < name)
        wanted.append(or_(_TABLE.c.sealed_at < at, older))
    query = (
        _with_call()
        .where(and_(True, *wanted))
        .order_by(_TABLE.c.sealed_at.desc(), _TABLE.c.name.desc())
        .limit(limit)
    )
    return list((await conn.execute(query)).all())


async def one(conn: AsyncConnection, name: str) -> Row[Any]:
    """A recording as `find` gives it. Raises LookupError."""
    row = (await conn.execute(_with_call().where(_TABLE.c.name == name))).one_or_none()
    if row is None:
        raise LookupError(f"there is no recording {name}")
    return row


_AT = func.coalesce(tables.attempts.c.active_at, tables.inbound_calls.c.at)
"""When the call was answered."""


def _with_call() -> Select[Any]:
    attempts, calls, said = tables.attempts, tables.inbound_calls, tables.dispositions
    cases, campaigns = tables.cases, tables.campaigns
    noted = select(func.max(said.c.by)).where(said.c.attempt_id == attempts.c.id).scalar_subquery()
    case_id = func.coalesce(attempts.c.case_id, calls.c.case_id)
    campaign_id = func.coalesce(attempts.c.campaign_id, calls.c.campaign_id)
    return (
        select(
            _TABLE,
            case_id.label("case_id"),
            campaign_id.label("campaign_id"),
            func.coalesce(attempts.c.outcome, calls.c.outcome).label("outcome"),
            _AT.label("active_at"),
            func.coalesce(noted, calls.c.agent).label("agent"),
            calls.c.message_ms,
            calls.c.message_length_ms,
            cases.c.case_ref,
            campaigns.c.name.label("campaign"),
        )
        .outerjoin(attempts, attempts.c.id == _TABLE.c.attempt_id)
        .outerjoin(calls, calls.c.id == _TABLE.c.inbound_call_id)
        .outerjoin(cases, cases.c.id == case_id)
        .outerjoin(campaigns, campaigns.c.id == campaign_id)
    )


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
