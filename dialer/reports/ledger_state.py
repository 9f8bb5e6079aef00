"""How far the ledger has come. Whether it holds is for `store.ledger_reader.verify` to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import ledger, ledger_heads


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """One writer's chain."""

    stream: str
    entries: int
    head: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    streams: tuple[StreamState, ...]
    kinds: dict[str, int]

    @property
    def entries(self) -> int:
        return sum(stream.entries for stream in self.streams)


async def ledger_state(conn: AsyncConnection) -> LedgerState:
    """Every stream with its head, and how many entries there are of each kind."""
    query = (
        select(ledger_heads, ledger.c.at)
        .outerjoin(
            ledger,
            and_(ledger.c.stream == ledger_heads.c.stream, ledger.c.seq == ledger_heads.c.seq),
        )
        .order_by(ledger_heads.c.stream)
    )
    streams = tuple(
        StreamState(stream=row.stream, entries=row.seq, head=row.entry_hash, last_at=row.at)
        for row in await conn.execute(query)
    )
    kinds = await conn.execute(
        select(ledger.c.kind, func.count().label("total"))
        .group_by(ledger.c.kind)
        .order_by(func.count().desc(), ledger.c.kind)
    )
    return LedgerState(streams=streams, kinds={row.kind: row.total for row in kinds})
