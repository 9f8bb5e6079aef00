"""Recorded decisions made again: as they were, and under a draft.

What is read are the records alone: the request, the facts as they were known then, and the hashes
of the packs. Texts of packs come from the archive that the gate keeps.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.pack import RulePack, parse
from compliance.packs import shipped
from compliance.record import NotARecord
from compliance.replay import (
    Archive,
    PackNotKept,
    WhatIf,
    archive,
    merged,
    redecide,
    rulebook_of,
    whatif,
)
from dialer.store import kept_packs, tables
from dialer.store.attempts import NOT_SENT
from dialer.store.database import Database

PAGE = 500
FAULTS_SHOWN = 100

Page = Sequence[tuple[str, str]]
"""Attempts and the records of their decisions."""

_TABLE = tables.decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A recorded decision that is not made again byte for byte, and why."""

    attempt_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many decisions were made again, and how many gave the same bytes."""

    decisions: int
    identical: int
    faults: tuple[Fault, ...]  # the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a draft would have changed, and which contacts that went out it would call wrong."""

    changes: WhatIf
    wrong: tuple[str, ...]  # attempts


def replay_record(text: str, kept: Archive) -> str | None:
    """Why a record is not decided again to its own bytes; None where it is."""
    try:
        recorded = json.loads(text)
        again = redecide(recorded, rulebook_of(recorded, kept))
    except (PackNotKept, NotARecord, ValueError) as error:
        return str(error)
    return None if again == text.encode() else _difference(recorded, json.loads(again))


async def replay(
    db: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sample: int | None = None,
    seed: int = 0,
    workers: int = 1,
) -> Replayed:
    """Make the decisions of [since, until) again, or a sample of them that `seed` draws.

    With several `workers` as many processes share the work; the event loop stays free.
    """
    async with db.read() as conn:
        kept = await archive_of(conn)
        where = _between(since, until)
        if sample is not None:
            where = [_TABLE.c.id.in_(await _drawn(conn, where, sample, seed))]
        pages = _records(conn, where)
        if workers == 1:
            return _total([_replay_page(page, kept) async for page in pages])
        return _total([done async for done in _shared(pages, kept, workers)])


async def replay_one(conn: AsyncConnection, attempt_id: str) -> Replayed:
    """Make one decision again; no decision of that name is none made again."""
    kept = await archive_of(conn)
    pages = _records(conn, [_TABLE.c.id == attempt_id])
    return _total([_replay_page(page, kept) async for page in pages])


def _replay_page(page: Page, kept: Archive) -> Replayed:
    again = [(attempt_id, replay_record(text, kept)) for attempt_id, text in page]
    faults = [Fault(attempt_id=name, reason=why) for name, why in again if why is not None]
    return Replayed(
        decisions=len(page),
        identical=len(page) - len(faults),
        faults=tuple(faults[:FAULTS_SHOWN]),
    )


def _total(parts: Sequence[Replayed]) -> Replayed:
    return Replayed(
        decisions=sum(part.decisions for part in parts),
        identical=sum(part.identical for part in parts),
        faults=tuple(fault for part in parts for fault in part.faults)[:FAULTS_SHOWN],
    )


async def _shared(
    pages: AsyncIterator[Page], kept: Archive, workers: int
) -> AsyncIterator[Replayed]:
    """Pages replayed by several processes, in the order in which they were read."""
    texts = [pack.text for pack in kept.values()]
    # A process that is forked would inherit the driver's threads half alive.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_set_up, initargs=(texts,)
    )
    with pool:
        loop = asyncio.get_running_loop()
        under_way: deque[asyncio.Future[Replayed]] = deque()
        async for page in pages:
            under_way.append(loop.run_in_executor(pool, _replay_there, page))
            if len(under_way) > workers * 2:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()


_here: dict[str, RulePack] = {}
"""In a worker process: the archive."""


def _set_up(texts: Sequence[str]) -> None:
    _here.update(archive(map(parse, texts)))


def _replay_there(page: Page) -> Replayed:
    return _replay_page(page, _here)


async def try_draft(db: Database, draft: RulePack, *, since: datetime) -> Drafted:
    """Put the candidates since then before a draft pack."""
    async with db.read() as conn:
        kept = await archive_of(conn)
        parts = [
            whatif((json.loads(text) for _, text in page), draft, kept)
            async for page in _records(conn, _between(since, None))
        ]
        changes = merged(parts)
        refused = [change.attempt_id for change in changes.newly_refused]
        wrong = await _sent(conn, refused)
    return Drafted(changes=changes, wrong=wrong)


async def archive_of(conn: AsyncConnection) -> Archive:
    """Every pack text that can be had by its hash: the kept ones, and those of this version."""
    current = {pack.sha256: pack for pack in shipped().values()}
    return {**current, **await kept_packs.read(conn)}


def _between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions.append(_TABLE.c.decided_at >= since)
    if until is not None:
        conditions.append(_TABLE.c.decided_at < until)
    return conditions


async def _drawn(
    conn: AsyncConnection, where: list[ColumnElement[bool]], sample: int, seed: int
) -> list[str]:
    """The same seed draws the same decisions, for whoever audits the audit."""
    query = select(_TABLE.c.id).where(*where).order_by(_TABLE.c.id)
    ids = list((await conn.execute(query)).scalars())
    return random.Random(seed).sample(ids, min(sample, len(ids)))


async def _records(conn: AsyncConnection, where: list[ColumnElement[bool]]) -> AsyncIterator[Page]:
    """Ids and records, oldest first, a page at a time."""
    place = tuple_(_TABLE.c.decided_at, _TABLE.c.id)
    query: Select[Any] = (
        select(_TABLE.c.id, _TABLE.c.decided_at, _TABLE.c.record)
        .where(*where)
        .order_by(_TABLE.c.decided_at, _TABLE.c.id)
        .limit(PAGE)
    )
    rows = (await conn.execute(query)).all()
    while rows:
        yield [(row.id, row.record) for row in rows]
        last = rows[-1]
        rows = (await conn.execute(query.where(place > (last.decided_at, last.id)))).all()


async def _sent(conn: AsyncConnection, attempt_ids: list[str]) -> tuple[str, ...]:
    table = tables.attempts
    sent: list[str] = []
    for start in range(0, len(attempt_ids), PAGE):
        query = select(table.c.id).where(
            table.c.id.in_(attempt_ids[start : start + PAGE]), table.c.outcome != NOT_SENT
        )
        sent += (await conn.execute(query)).scalars()
    return tuple(sorted(sent))


def _difference(then: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> str:
    """The first place where two documents differ."""
    for key in sorted(then.keys() | now.keys()):
        was, is_now = then.get(key), now.get(key)
        if was == is_now:
            continue
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            return _difference(was, is_now, f"{path}{key}.")
        return f"{path}{key} was {_short(was)}, is now {_short(is_now)}"
    return "its bytes are not canonical"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"
