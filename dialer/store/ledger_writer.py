"""Appends to the hash-chained ledger inside the caller's transaction.

Each process writes its own stream (`Database.writer`). The head of the stream is read and locked
by one statement, and the lock is kept until the transaction ends; so append last, after every
other lock is held. Bodies name people, cases and numbers by opaque id alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import ledger
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.driver import Command, Driver, driver

_TAKE_HEAD = Command(
    text(
        "insert into ledger_heads (stream, seq, entry_hash) values (:stream, 0, :genesis) "
        "on conflict (stream) do update set seq = ledger_heads.seq returning seq, entry_hash"
    )
)
_MOVE_HEAD = Command(
    update(tables.ledger_heads)
    .where(tables.ledger_heads.c.stream == bindparam("of_stream"))
    .values(seq=bindparam("new_seq"), entry_hash=bindparam("new_hash"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an entry is to say. `person` is the consumer's id where the entry is about one."""

    kind: str
    body: Mapping[str, object]
    person: str | None = None


async def append(
    db: Database, conn: AsyncConnection, drafts: Sequence[Draft]
) -> tuple[ledger.Entry, ...]:
    """Add the drafts, in order, to this process's stream. Durable when the transaction is."""
    if not drafts:
        return ()
    store = await driver(conn)
    entries = _chained(db, await _take_head(db, store), drafts)
    rows = [_row(entry, draft) for entry, draft in zip(entries, drafts, strict=True)]
    await store.insert(tables.ledger, rows)
    last = entries[-1]
    head = {"of_stream": db.writer, "new_seq": last.seq, "new_hash": last.entry_hash}
    await store.run(_MOVE_HEAD, [head])
    return entries


async def _take_head(db: Database, store: Driver) -> ledger.Entry:
    """A stand-in for the stream's last entry: its number and hash are all that follows on it."""
    start = {"stream": db.writer, "genesis": ledger.GENESIS}
    seq, entry_hash = await store.one(_TAKE_HEAD, start)
    return ledger.Entry(
        stream=db.writer,
        seq=seq,
        at=db.clock.now(),
        monotonic=0,
        kind="",
        body=b"",
        prev_hash="",
        entry_hash=entry_hash,
    )


def _chained(db: Database, head: ledger.Entry, drafts: Sequence[Draft]) -> tuple[ledger.Entry, ...]:
    at, monotonic = db.clock.now(), int(db.clock.monotonic() * 1e9)
    entries: list[ledger.Entry] = []
    for draft in drafts:
        body = dict(draft.body)
        if draft.person is not None:
            body["person"] = draft.person
        head = ledger.append(
            head, stream=db.writer, at=at, monotonic=monotonic, kind=draft.kind, body=body
        )
        entries.append(head)
    return tuple(entries)


def _row(entry: ledger.Entry, draft: Draft) -> dict[str, object]:
    return {
        "stream": entry.stream,
        "seq": entry.seq,
        "at": entry.at,
        "monotonic": entry.monotonic,
        "kind": entry.kind,
        "body": entry.body.decode(),
        "prev_hash": entry.prev_hash,
        "entry_hash": entry.entry_hash,
        "subject": draft.person,
    }
