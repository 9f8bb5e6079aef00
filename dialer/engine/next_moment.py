"""When a consumer may next be contacted on a channel, by which rule, and what would move it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from compliance.decision import decide
from compliance.facts import Channel, ContactRequest, Mode
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


Answer = Permit | Refusal | NoWay


async def next_moments(
    db: Database,
    catalogue: Catalogue,
    person_id: str,
    channels: Sequence[Channel],
    *,
    actor: str,
    now: datetime,
    mode: Mode | None = None,
) -> Mapping[Channel, Answer] | None:
    """The decision of a contact now on each channel, which is not kept; None for an unknown person.

    `mode` says who would speak on a call: a recorded message where it is not given.
    """
    async with db.read() as conn:
        table = tables.cases
        found = await conn.execute(
            select(table.c.id)
            .where(table.c.consumer_id == person_id)
            .order_by(table.c.created_at)
            .limit(1)
        )
        first = found.scalar_one_or_none()
        if first is None:
            return None
        case = (await cases.load(conn, [first]))[first]
        asked = {
            channel: hypothetical(case, channel, actor=actor, mode=mode) for channel in channels
        }
        known = await read_facts(conn, [request for request in asked.values() if request])

    def answer(channel: Channel, request: ContactRequest | None) -> Answer:
        if request is None:
            return NoWay(unlock=f"no usable contact point for {channel}")
        facts = known.facts(request, actor, now)
        return decide(request, facts, select_packs(catalogue, request, facts), now)

    return {channel: answer(channel, request) for channel, request in asked.items()}
