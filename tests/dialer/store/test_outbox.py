"""The outbox: in order per case, again after a failure, never twice after success."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.store import outbox
from dialer.store.database import Database
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody, add_somebody


@pytest.fixture
async def one(db: Database) -> Somebody:
    return await add_somebody(db)


async def enqueue(db: Database, one: Somebody, *kinds: str) -> None:
    async with db.write() as conn:
        for kind in kinds:
            await outbox.enqueue(conn, one.case, kind, {"n": kind}, db.clock.now())


async def claimed(db: Database) -> list[outbox.OutboxEvent]:
    return await outbox.claim(db, now=db.clock.now(), limit=10)


async def test_a_case_is_told_in_order(db: Database, one: Somebody) -> None:
    other = await add_somebody(db, number="+12125550124")
    await enqueue(db, one, "first", "second")
    await enqueue(db, other, "elsewhere")
    events = {event.kind: event for event in await claimed(db)}
    assert set(events) == {"first", "elsewhere"}
    assert await claimed(db) == []
    await outbox.mark_sent(db, events["first"].event_id, now=db.clock.now())
    (second,) = await claimed(db)
    assert (second.kind, second.seq) == ("second", 2)
    assert second.document()["case_id"] == one.case
    assert second.document()["at"] == "2026-11-24T17:00:00Z"


async def test_a_failure_waits_longer_each_time_and_holds_the_rest(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    await enqueue(db, one, "first", "second")
    for delay in (5, 10, 20):
        (event,) = await claimed(db)
        assert event.kind == "first"
        await outbox.mark_failed(db, event.event_id, now=clock.now(), error="refused")
        await clock.advance(delay - 1)
        assert await claimed(db) == []
        await clock.advance(1)
    (event,) = await claimed(db)
    assert event.attempts == 3


async def test_a_sender_that_died_gives_its_event_back(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    await enqueue(db, one, "first")
    await claimed(db)
    await clock.advance(outbox.LEASE / timedelta(seconds=1))
    assert len(await claimed(db)) == 1
