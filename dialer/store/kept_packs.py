"""The archive of rule packs: the text of every version under which the gate decides.

A text is found by the SHA-256 that decisions name, so it needs no seal of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.pack import PackError, RulePack, parse
from compliance.replay import Archive, archive
from dialer.store import tables
from dialer.store.database import Database, lock

_LOCK = "rule packs"


async def keep(db: Database, packs: Iterable[RulePack]) -> int:
    """Keep the texts that are not kept yet; how many these were."""
    by_hash = archive(packs)
    table = tables.rule_packs
    async with db.write() as conn:
        await lock(conn, [_LOCK])
        known = set((await conn.execute(select(table.c.sha256))).scalars())
        rows = [
            {
                "sha256": sha256,
                "pack_id": pack.pack_id,
                "version": pack.version,
                "text": pack.text,
                "kept_at": db.clock.now(),
            }
            for sha256, pack in by_hash.items()
            if sha256 not in known
        ]
        if rows:
            await conn.execute(insert(table), rows)
    return len(rows)


async def read(conn: AsyncConnection) -> Archive:
    """All kept packs; PackError where a text does not hold, or is not that of its hash."""
    rows = await conn.execute(select(tables.rule_packs))
    kept = []
    for row in rows:
        name = f"{row.pack_id} {row.version}"
        pack = parse(row.text, name)
        if pack.sha256 != row.sha256:
            raise PackError(name, 1, f"its text was changed: it is not that of {row.sha256}")
        kept.append(pack)
    return archive(kept)
