"""One recorded decision made again, under the packs of its day, and compared byte for byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from compliance.record import NotARecord
from compliance.replay import Archive, PackNotKept, redecide, rulebook_of
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.replaying import archive_of, replay_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What came of deciding again.

    Digests are SHA-256 (hex) of canonical records: as it was kept, and as it was decided now; the
    latter is None where it could not be. `difference` is the first one; None = the same bytes.
    """

    kept: str
    now: str | None
    difference: str | None


async def decide_again(db: Database, decision_id: str) -> Again | None:
    """Make the decision again; None where there is no such decision."""
    table = tables.decisions
    async with db.read() as conn:
        query = select(table.c.record).where(table.c.id == decision_id)
        text = (await conn.execute(query)).scalar_one_or_none()
        if text is None:
            return None
        kept = await archive_of(conn)
    return Again(
        kept=sha256(text.encode()).hexdigest(),
        now=_digest_now(text, kept),
        difference=replay_record(text, kept),
    )


def _digest_now(text: str, kept: Archive) -> str | None:
    try:
        recorded = json.loads(text)
        return sha256(redecide(recorded, rulebook_of(recorded, kept))).hexdigest()
    except (PackNotKept, NotARecord, ValueError):
        return None
