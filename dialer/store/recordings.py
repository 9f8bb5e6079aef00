"""The index of sealed recordings: which attempt, which digest, since when."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append
from recordings.vault import SealedRecording


async def keep(db: Database, sealed: SealedRecording, *, attempt_id: str, consumer_id: str) -> None:
    """Enter a sealed recording, with its ledger entry, in one transaction."""
    async with db.write() as conn:
        await _insert(conn, sealed, attempt_id, consumer_id)
        body = {
            "recording": sealed.name,
            "attempt": attempt_id,
            "sha256": sealed.sha256,
            "bytes": sealed.bytes,
        }
        await append(db, conn, [Draft(kind="recording", body=body, person=consumer_id)])


async def note_access(db: Database, name: str, *, by: str, purpose: str) -> None:
    """Enter who listens to a recording, and why, before it is handed out.

    Raises LookupError for a recording that is not in the index, ValueError without a purpose.
    """
    if not purpose.strip():
        raise ValueError("a recording is not handed out without a purpose")
    table = tables.recordings
    async with db.write() as conn:
        found = await conn.execute(select(table.c.consumer_id).where(table.c.name == name))
        consumer = found.scalar_one_or_none()
        if consumer is None:
            raise LookupError(f"there is no recording {name}")
        body = {"recording": name, "by": by, "purpose": purpose}
        await append(db, conn, [Draft(kind="recording.access", body=body, person=consumer)])


async def _insert(
    conn: AsyncConnection, sealed: SealedRecording, attempt_id: str, consumer_id: str
) -> None:
    await conn.execute(
        insert(tables.recordings),
        {
            "name": sealed.name,
            "attempt_id": attempt_id,
            "consumer_id": consumer_id,
            "sha256": sealed.sha256,
            "bytes": sealed.bytes,
            "duration_ms": round(sealed.duration_s * 1000),
            "key_id": sealed.key_id,
            "sealed_at": sealed.sealed_at,
            "state": "sealed",
        },
    )
