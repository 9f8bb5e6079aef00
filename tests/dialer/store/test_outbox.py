"""The outbox: in order per case, again after a failure, never twice after success."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.model.feed_catalogue import UnknownEvent
from dialer.store import outbox
from dialer.store.database import Database
from dialer.store.outbox import Between
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody, add_somebody

KIND = "hold.resolved"


@pytest.fixture
async def one(db: Database) -> Somebody:
    return await add_somebody(db)


async def enqueue(db: Database, one: Somebody, *names: str) -> None:
    """Events that differ in the stop mark that they name."""
    async with db.write() as conn:
        for name in names:
            await outbox.enqueue(conn, one.case, KIND, {"hold": name}, db.clock.now())


def names(events: list[outbox.OutboxEvent]) -> list[object]:
    return [event.payload["hold"] for event in events]


async def claimed(db: Database) -> list[outbox.OutboxEvent]:
    return await outbox.claim(db, now=db.clock.now(), limit=10)


async def test_a_case_is_told_in_order(db: Database, one: Somebody) -> None:
    other = await add_somebody(db, number="+12125550124")
    await enqueue(db, one, "first", "second")
    await enqueue(db, other, "elsewhere")
    events = {str(event.payload["hold"]): event for event in await claimed(db)}
    assert set(events) == {"first", "elsewhere"}
    assert await claimed(db) == []
    await outbox.mark_sent(db, events["first"].event_id, now=db.clock.now())
    (second,) = await claimed(db)
    assert (second.payload["hold"], second.seq) == ("second", 2)
    assert second.document()["case_id"] == one.case
    assert second.document()["at"] == "2026-11-24T17:00:00Z"


async def test_a_failure_waits_longer_each_time_and_holds_the_rest(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    await enqueue(db, one, "first", "second")
    for delay in (5, 10, 20):
        (event,) = await claimed(db)
        assert event.payload["hold"] == "first"
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


async def test_the_past_is_told_again_in_order_from_any_point(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    await enqueue(db, one, "before")
    await clock.advance(60)
    since = clock.now()
    await enqueue(db, one, "first", "second")
    for _ in range(3):
        for event in await claimed(db):
            await outbox.mark_sent(db, event.event_id, now=clock.now())
    assert await claimed(db) == []
    await clock.advance(3600)
    again = await outbox.replay(db, Between(since=since), by="ops", now=clock.now())
    assert again == 2
    told = []
    for _ in range(2):
        (event,) = await claimed(db)
        told.append(event)
        await outbox.mark_sent(db, event.event_id, now=clock.now())
    assert names(told) == ["first", "second"]
    assert [event.seq for event in told] == [2, 3]
    assert await outbox.replay(db, Between(since=clock.now()), by="ops", now=clock.now()) == 0


async def test_an_event_that_no_receiver_could_know_is_not_written(
    db: Database, one: Somebody
) -> None:
    now = db.clock.now()
    async with db.write() as conn:
        for kind, data in (("holds", {}), (KIND, {}), (KIND, {"hold": "a", "name": "b"})):
            with pytest.raises(UnknownEvent):
                await outbox.enqueue(conn, one.case, kind, data, now)
    assert await claimed(db) == []
