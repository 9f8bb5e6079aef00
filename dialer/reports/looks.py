"""Who looked at a person, or listened to one, when and what for: as the ledger has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import ledger

LOOKED, LISTENED = "audit.looked", "recording.access"
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look. `what` is the page, or the recording; `purpose` None where none was asked for."""

    at: datetime
    by: str
    what: str
    purpose: str | None


async def looks_at(conn: AsyncConnection, consumer_id: str) -> list[Look]:
    """The newest looks at this person, at most MOST."""
    rows = await conn.execute(
        select(ledger.c.at, ledger.c.body)
        .where(ledger.c.subject == consumer_id, ledger.c.kind.in_((LOOKED, LISTENED)))
        .order_by(ledger.c.at.desc(), ledger.c.stream, ledger.c.seq.desc())
        .limit(MOST)
    )
    looks = []
    for row in rows:
        body = json.loads(row.body)
        what = body.get("page") or body.get("recording", "")
        looks.append(Look(at=row.at, by=body["by"], what=what, purpose=body.get("purpose")))
    return looks
