"""The index of sealed recordings: which attempt, which digest, since when."""

from __future__ import annotations

from sqlalchemy import insert
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
