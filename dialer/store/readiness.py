"""Whether the case store can be read, and the ledger be written."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from dialer.store import tables
from dialer.store.database import Database


async def readiness(db: Database) -> dict[str, str | None]:
    """`store` and `ledger` with None, or the reason why they are not ready."""
    return {"store": await _store(db), "ledger": await _ledger(db)}


async def _store(db: Database) -> str | None:
    try:
        async with db.read() as conn:
            await conn.execute(select(tables.campaigns.c.id).limit(1))
    except (SQLAlchemyError, OSError) as error:
        return str(error).splitlines()[0]
    return None


async def _ledger(db: Database) -> str | None:
    """Take this process's head in a write transaction, as an entry would, and change nothing."""
    heads = tables.ledger_heads
    try:
        async with db.write() as conn:
            await conn.execute(
                update(heads).where(heads.c.stream == db.writer).values(seq=heads.c.seq)
            )
    except (SQLAlchemyError, OSError) as error:
        return str(error).splitlines()[0]
    return None
