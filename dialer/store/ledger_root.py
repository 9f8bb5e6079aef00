"""The periodic root: one hash that binds all entries since the root before it, itself an entry.

The tree is that of RFC 6962 over the entries in the order of stream and number, so that a few
hashes show that an entry stands under a root. A root is an entry as well, and so the next root
binds it: whoever kept the last one can tell that nothing before it was changed, cut or made anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import Broken, Entry, inclusion_proof, merkle_root
from dialer.store import tables
from dialer.store.database import Database, lock
from dialer.store.ledger_writer import Draft, append

KIND = "root"
_LOCK = "ledger root"
_TABLE = tables.ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A root as it was written down: the entry, and the entries of each stream that it binds."""

    entry: Entry
    root: str  # hex
    size: int
    after: Mapping[str, int]  # stream -> the last number that an earlier root binds
    heads: Mapping[str, int]  # stream -> the last number that this one binds

    def binds(self, stream: str, seq: int) -> bool:
        return self.after.get(stream, 0) < seq <= self.heads.get(stream, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Where an entry stands under a root, and the hashes that show it (hex)."""

    root: Root
    entry: Entry
    index: int
    path: tuple[str, ...]


def leaf(stream: str, seq: int, entry_hash: str) -> bytes:
    """The leaf of one entry."""
    return f"{stream}\n{seq}\n{entry_hash}".encode()


async def record_root(db: Database) -> str:
    """Take the root over all entries since the last one and write it down; the root (hex).

    Keep it outside as well (printed, mailed, time-stamped).
    """
    async with db.write() as conn:
        await lock(conn, [_LOCK])
        roots = await read_roots(conn)
        after = dict(roots[-1].heads) if roots else {}
        heads = {row.stream: row.seq for row in await conn.execute(select(tables.ledger_heads))}
        leaves = await _leaves(conn, after, heads)
        root = merkle_root(leaves).hex()
        body = {"root": root, "size": len(leaves), "after": after, "heads": heads}
        await append(db, conn, [Draft(kind=KIND, body=body)])
    return root


async def read_roots(conn: AsyncConnection) -> list[Root]:
    """All roots, in the order in which they follow on one another."""
    query = select(_TABLE).where(_TABLE.c.kind == KIND)
    roots = [root_of(entry_of(row)) for row in await conn.execute(query)]
    return sorted(roots, key=lambda root: sum(root.heads.values()))


def root_of(entry: Entry) -> Root:
    """The root that an entry states; ValueError where it states none."""
    try:
        body = json.loads(entry.body)
        return Root(
            entry=entry,
            root=str(body["root"]),
            size=int(body["size"]),
            after={str(name): int(seq) for name, seq in body["after"].items()},
            heads={str(name): int(seq) for name, seq in body["heads"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"entry {entry.stream} {entry.seq} states no root: {error!r}") from error


def entry_of(row: Row[Any]) -> Entry:
    """An entry from its row."""
    return Entry(
        stream=row.stream,
        seq=row.seq,
        at=row.at,
        monotonic=row.monotonic,
        kind=row.kind,
        body=row.body.encode(),
        prev_hash=row.prev_hash,
        entry_hash=row.entry_hash,
    )


async def broken_root(conn: AsyncConnection) -> Broken | None:
    """The first root that is not the one over the entries that it binds."""
    after: Mapping[str, int] = {}
    for root in await read_roots(conn):
        leaves = await _leaves(conn, root.after, root.heads)
        if (
            root.after != after
            or len(leaves) != root.size
            or merkle_root(leaves).hex() != root.root
        ):
            reason = "the root is not that of the entries before it"
            return Broken(stream=root.entry.stream, seq=root.entry.seq, reason=reason)
        after = root.heads
    return None


async def prove(conn: AsyncConnection, entries: Sequence[Entry]) -> list[Inclusion]:
    """The proofs of these entries, by root; LookupError where an entry is under no root yet."""
    roots = await read_roots(conn)
    placed: dict[int, list[Entry]] = {}
    for entry in entries:
        number = next((n for n, r in enumerate(roots) if r.binds(entry.stream, entry.seq)), None)
        if number is None:
            raise LookupError(f"no root binds entry {entry.stream} {entry.seq} yet")
        placed.setdefault(number, []).append(entry)
    proofs: list[Inclusion] = []
    for number, found in sorted(placed.items()):
        root = roots[number]
        leaves = await _leaves(conn, root.after, root.heads)
        if merkle_root(leaves).hex() != root.root:
            raise ValueError(f"root {root.root} does not hold: the ledger was changed")
        index = {own: place for place, own in enumerate(leaves)}
        for entry in found:
            own = index.get(leaf(entry.stream, entry.seq, entry.entry_hash))
            if own is None:
                raise ValueError(f"root {root.root} does not hold: the ledger was changed")
            path = tuple(step.hex() for step in inclusion_proof(leaves, own))
            proofs.append(Inclusion(root=root, entry=entry, index=own, path=path))
    return proofs


async def _leaves(
    conn: AsyncConnection, after: Mapping[str, int], heads: Mapping[str, int]
) -> list[bytes]:
    """The leaves between two roots, in the order of stream and number."""
    spans = [
        and_(_TABLE.c.stream == stream, _TABLE.c.seq > after.get(stream, 0), _TABLE.c.seq <= seq)
        for stream, seq in sorted(heads.items())
    ]
    query = (
        select(_TABLE.c.stream, _TABLE.c.seq, _TABLE.c.entry_hash)
        .where(or_(*spans) if spans else ~true())
        .order_by(_TABLE.c.stream, _TABLE.c.seq)
    )
    rows = (await conn.execute(query)).all()
    # Databases sort text by their own rules; the tree's order must not depend on them.
    streams = {name: list(group) for name, group in groupby(rows, attrgetter("stream"))}
    return [
        leaf(row.stream, row.seq, row.entry_hash)
        for name in sorted(streams)
        for row in streams[name]
    ]
