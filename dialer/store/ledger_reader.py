"""Verifying and exporting the ledger.

`verify` walks every stream against its recorded head, then the roots, and then holds the rows that
the ledger speaks of (decisions, attempts) against what it says of them. `verify_file` does the
first part on an export, with no database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, select, tuple_

from compliance import ledger
from compliance.ledger import Broken, Entry, Head
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ledger_form import from_json, to_json
from dialer.store.ledger_root import broken_root, entry_of
from dialer.store.ledger_witness import contradiction

PAGE = 2000

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was walked, and the first fault found, if any."""

    entries: int
    streams: int
    broken: Broken | None


class _Count:
    """Counts what passes, so that a walk of any length keeps nothing, and tells it page by page."""

    def __init__(self, tell: Tell | None = None) -> None:
        self.entries = 0
        self.streams: set[str] = set()
        self._tell = tell

    def over(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.entries += 1
            self.streams.add(entry.stream)
            if self._tell is not None and self.entries % PAGE == 0:
                self._tell(self.entries)
            yield entry

    def result(self, broken: Broken | None) -> Verified:
        return Verified(entries=self.entries, streams=len(self.streams), broken=broken)


async def verify(db: Database, tell: Tell | None = None) -> Verified:
    """Walk the whole ledger; the first broken entry is named.

    `tell` hears how many entries were walked, once a page.
    """
    async with db.read() as conn:
        verified = await conn.run_sync(_verify, tell)
        if verified.broken is not None:
            return verified
        return replace(verified, broken=await broken_root(conn))


def _verify(conn: Connection, tell: Tell | None) -> Verified:
    count = _Count(tell)
    broken = ledger.verify(count.over(_entries(conn)), _heads(conn))
    return count.result(broken or contradiction(conn))


async def export(db: Database, path: Path) -> int:
    """Write the ledger as JSON lines, the last of which holds the heads; the entries written."""
    async with db.read() as conn:
        return await conn.run_sync(_export, path)


def _export(conn: Connection, path: Path) -> int:
    count = _Count()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in count.over(_entries(conn)):
            file.write(json.dumps(to_json(entry), ensure_ascii=False) + "\n")
        heads = {stream: [head.seq, head.entry_hash] for stream, head in _heads(conn).items()}
        file.write(json.dumps({"heads": heads}) + "\n")
    return count.entries


def verify_file(path: Path) -> Verified:
    """Walk an export. A line that is no entry, or a missing last line, is a break as well."""
    count = _Count()
    heads = _last_heads(path)
    reader = _Export()
    with path.open(encoding="utf-8") as file:
        broken = ledger.verify(count.over(reader.entries(file)), heads)
    fault = reader.fault or (None if heads is not None else "the last line with the heads is cut")
    if broken is None and fault is not None:
        broken = Broken(stream=path.name, seq=count.entries + 1, reason=fault)
    return count.result(broken)


def _last_heads(path: Path) -> dict[str, Head] | None:
    last = ""
    with path.open(encoding="utf-8") as file:
        for line in file:
            last = line
    try:
        return {
            stream: Head(seq=int(seq), entry_hash=str(entry_hash))
            for stream, (seq, entry_hash) in json.loads(last)["heads"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class _Export:
    """Reads an export line by line and remembers its first fault."""

    def __init__(self) -> None:
        self.fault: str | None = None

    def entries(self, file: TextIO) -> Iterator[Entry]:
        ended = False
        for number, line in enumerate(file, 1):
            try:
                item = json.loads(line)
                if ended:
                    raise ValueError("nothing may follow the heads")
                ended = "heads" in item
                if ended:
                    continue
                entry = from_json(item)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.fault = f"line {number} is not an entry: {error!r}"
                return
            yield entry


def _entries(conn: Connection) -> Iterator[Entry]:
    """Every entry, stream by stream, in order, a page at a time."""
    table = tables.ledger
    place = tuple_(table.c.stream, table.c.seq)
    query = select(table).order_by(table.c.stream, table.c.seq).limit(PAGE)
    rows = conn.execute(query).all()
    while rows:
        yield from map(entry_of, rows)
        last = rows[-1]
        rows = conn.execute(query.where(place > (last.stream, last.seq))).all()


def _heads(conn: Connection) -> dict[str, Head]:
    rows = conn.execute(select(tables.ledger_heads)).all()
    return {row.stream: Head(seq=row.seq, entry_hash=row.entry_hash) for row in rows}
