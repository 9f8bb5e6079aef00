"""The periodic root: one hash that binds the heads of all streams, itself an entry."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from compliance.ledger import Head, merkle_root
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append


def root_of(heads: Mapping[str, Head]) -> str:
    """The RFC 6962 root (hex) over the heads, in the order of the streams' names."""
    leaves = (f"{name}\n{head.seq}\n{head.entry_hash}" for name, head in sorted(heads.items()))
    return merkle_root([leaf.encode() for leaf in leaves]).hex()


async def record_root(db: Database) -> str:
    """Take the root over all streams as they stand and write it down; the root (hex).

    Kept outside as well (printed, mailed, time-stamped), it shows later that no stream was cut or
    made anew as a whole.
    """
    table = tables.ledger_heads
    async with db.write() as conn:
        rows = await conn.execute(select(table))
        heads = {row.stream: Head(seq=row.seq, entry_hash=row.entry_hash) for row in rows}
        root = root_of(heads)
        body = {"root": root, "heads": {name: head.seq for name, head in heads.items()}}
        await append(db, conn, [Draft(kind="root", body=body)])
    return root
