"""When a consumer may next be contacted on a channel, by which rule, and what would move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from compliance.decision import decide
from compliance.facts import Channel, Mode
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Permit, Refusal
from dialer.engine.requests import hypothetical
from dialer.store import cases, tables
from dialer.store.database import Database
from dialer.store.facts import read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWay:
    """There is no contact point for the channel."""

    unlock: str
    first_allowed_at: None = None
    binding_rule: None = None
    findings: tuple[()] = ()


async def next_moment(
    db: Database,
    catalogue: Catalogue,
    person_id: str,
    channel: Channel,
    *,
    actor: str,
    now: datetime,
    mode: Mode | None = None,
) -> Permit | Refusal | NoWay | None:
    """The decision of a contact now, which is not kept; None for an unknown person.

    `mode` says who would speak on a call: a recorded message where it is not given.
    """
    async with db.read() as conn:
        table = tables.cases
        found = await conn.execute(
            select(table.c.id).where(table.c.consumer_id == person_id).order_by(table.c.created_at)
        )
        loaded = await cases.load(conn, list(found.scalars()))
        if not loaded:
            return None
        case = next(iter(loaded.values()))
        request = hypothetical(case, channel, actor=actor, mode=mode)
        if request is None:
            return NoWay(unlock=f"no usable contact point for {channel}")
        known = await read_facts(conn, [request])
    facts = known.facts(request, actor, now)
    return decide(request, facts, select_packs(catalogue, request, facts), now)
