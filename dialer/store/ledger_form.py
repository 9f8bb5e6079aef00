"""An entry of the ledger as a JSON object, in exports and proof packs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from compliance.ledger import Entry, instant


def to_json(entry: Entry) -> dict[str, object]:
    """All that the entry's hash covers, and the hash."""
    return {
        "stream": entry.stream,
        "seq": entry.seq,
        "at": instant(entry.at),
        "monotonic": entry.monotonic,
        "kind": entry.kind,
        "body": entry.body.decode(),
        "prev_hash": entry.prev_hash,
        "entry_hash": entry.entry_hash,
    }


def from_json(item: Mapping[str, Any]) -> Entry:
    """The entry back; KeyError, TypeError or ValueError where it is none."""
    return Entry(
        stream=str(item["stream"]),
        seq=int(item["seq"]),
        at=datetime.fromisoformat(item["at"]),
        monotonic=int(item["monotonic"]),
        kind=str(item["kind"]),
        body=str(item["body"]).encode(),
        prev_hash=str(item["prev_hash"]),
        entry_hash=str(item["entry_hash"]),
    )
