"""The cut-over report: who may be contacted on day one, and what keeps the others back.

A new dialer that does not know the past counts it as full use; this tells before the first call
whose history is missing, and whom the law lets us contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.decision import decide
from compliance.facts import Channel
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Permit
from dialer.engine.requests import hypothetical
from dialer.model.case import Case
from dialer.store import cases, tables
from dialer.store.database import Database
from dialer.store.facts import read_facts

CASES = 200
DAY = timedelta(days=1)
CHANNELS = (Channel.CALL, Channel.SMS, Channel.EMAIL)
NO_ADDRESS = "no number or address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One case on one channel on day one."""

    case_id: str
    case_ref: str
    person_id: str
    channel: Channel
    first_allowed_at: datetime | None  # within day one; None = not on day one
    opens_later: datetime | None  # after it
    held_by: str | None  # the rule that binds
    unlock: str | None
    history_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutover:
    """The standings of all open cases for the day that begins at `at`."""

    at: datetime
    standings: tuple[Standing, ...]

    def contactable(self) -> dict[str, int]:
        """Cases that may be contacted on day one, by channel."""
        may = (s for s in self.standings if s.first_allowed_at is not None)
        return dict(Counter(str(standing.channel) for standing in may))

    def held(self) -> dict[str, int]:
        """What binds the others, the most frequent first."""
        rules = Counter(s.held_by or "" for s in self.standings if s.first_allowed_at is None)
        return dict(rules.most_common())

    def unknown_history(self) -> int:
        """Cases whose history is not known."""
        return len({s.case_id for s in self.standings if not s.history_known})


async def cutover(db: Database, catalogue: Catalogue, *, actor: str, at: datetime) -> Cutover:
    """Decide, for every open case and channel, a contact at `at`; nothing is kept of it."""
    table = tables.cases
    standings: list[Standing] = []
    async with db.read() as conn:
        query = select(table.c.id).where(table.c.status == "open").order_by(table.c.id)
        ids = list((await conn.execute(query)).scalars())
        for start in range(0, len(ids), CASES):
            loaded = await cases.load(conn, ids[start : start + CASES])
            standings += await _standings(conn, list(loaded.values()), catalogue, actor, at)
    return Cutover(at=at, standings=tuple(standings))


async def _standings(
    conn: AsyncConnection, found: Sequence[Case], catalogue: Catalogue, actor: str, at: datetime
) -> list[Standing]:
    asked = [
        (case, channel, hypothetical(case, channel, actor=actor))
        for case in found
        for channel in CHANNELS
    ]
    known = await read_facts(conn, [request for _, _, request in asked if request is not None])
    standings = []
    for case, channel, request in asked:
        first: datetime | None = None
        rule: str | None = NO_ADDRESS
        unlock: str | None = f"add one for {channel}"
        if request is not None:
            facts = known.facts(request, actor, at)
            answer = decide(request, facts, select_packs(catalogue, request, facts), at)
            first = at if isinstance(answer, Permit) else answer.first_allowed_at
            rule, unlock = answer.binding_rule, answer.unlock
        standings.append(_standing(case, channel, at, first=first, rule=rule, unlock=unlock))
    return standings


def _standing(
    case: Case,
    channel: Channel,
    at: datetime,
    *,
    first: datetime | None,
    rule: str | None,
    unlock: str | None,
) -> Standing:
    on_day_one = first is not None and first < at + DAY
    return Standing(
        case_id=case.id,
        case_ref=case.case_ref,
        person_id=case.consumer.id,
        channel=channel,
        first_allowed_at=first if on_day_one else None,
        opens_later=None if on_day_one else first,
        held_by=None if first == at else rule,
        unlock=None if on_day_one else unlock,
        history_known=case.consumer.history_known_from is not None,
    )
