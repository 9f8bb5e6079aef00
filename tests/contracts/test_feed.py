"""What every live feed keeps to, on each driver: in the process, and over a real Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime

import pytest

from dialer.feed.drivers.redis import redis_feed
from dialer.feed.feed import GAP, Feed, FeedEvent
from dialer.feed.in_process import in_process_feed
from scheduler.clock import SystemClock

CLOCK = SystemClock()
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
KEPT = 20
QUEUED = 5

OpenFeed = Callable[[], AbstractAsyncContextManager[Feed]]


@pytest.fixture(
    params=["in_process", pytest.param("redis", marks=pytest.mark.peer("redis-server"))]
)
def open_feed(request: pytest.FixtureRequest) -> OpenFeed:
    """Opens a feed; on Redis, each call is one more process's view of the same feed."""
    if request.param == "in_process":
        return lambda: in_process_feed(SystemClock(), kept=KEPT, queued=QUEUED)
    url = request.getfixturevalue("redis_url")
    stream = f"feed:{secrets.token_hex(4)}"
    return lambda: redis_feed(url, SystemClock(), kept=KEPT, queued=QUEUED, stream=stream)


@pytest.fixture
async def feed(open_feed: OpenFeed) -> AsyncIterator[Feed]:
    async with open_feed() as opened:
        await until_ready(opened)
        yield opened


async def until_ready(feed: Feed) -> None:
    async with asyncio.timeout(5):
        while await feed.ready() is not None:
            await CLOCK.sleep(0.01)


def event(n: int, topic: str = "attempt") -> FeedEvent:
    return FeedEvent(topic=topic, at=AT, data={"n": n, "name": "催收"})


async def read(
    events: AsyncIterator[tuple[str, FeedEvent]], count: int
) -> list[tuple[str, FeedEvent]]:
    async with asyncio.timeout(5):
        return [await anext(events) for _ in range(count)]


def numbers(got: list[tuple[str, FeedEvent]]) -> list[object]:
    return [e.data["n"] for _, e in got]


async def test_each_subscriber_sees_the_events_in_order(feed: Feed) -> None:
    async with feed.subscribe() as one, feed.subscribe() as other:
        for n in range(4):
            await feed.publish(event(n))
        assert [e for _, e in await read(one, 4)] == [event(n) for n in range(4)]
        assert numbers(await read(other, 4)) == [0, 1, 2, 3]


async def test_a_subscriber_names_its_topics(feed: Feed) -> None:
    async with feed.subscribe("refusal", "campaign") as events:
        for n, topic in enumerate(["attempt", "refusal", "agent", "campaign"]):
            await feed.publish(event(n, topic))
        assert numbers(await read(events, 2)) == [1, 3]


async def test_resume_goes_on_after_the_last_event_seen(feed: Feed) -> None:
    async with feed.subscribe() as events:
        for n in range(3):
            await feed.publish(event(n))
        seen = await read(events, 3)
    async with feed.subscribe(after=seen[0][0]) as again:
        await feed.publish(event(3))
        assert numbers(await read(again, 3)) == [1, 2, 3]
    async with feed.subscribe("attempt", after=seen[2][0]) as again:
        assert numbers(await read(again, 1)) == [3]


@pytest.mark.parametrize("unknown", ["0-1", "nonsense", ""])
async def test_resume_from_an_id_not_kept_says_so_first(feed: Feed, unknown: str) -> None:
    async with feed.subscribe() as events:
        await feed.publish(event(0))
        await read(events, 1)
    async with feed.subscribe("attempt", after=unknown) as again:
        await feed.publish(event(1))
        (marker_id, marker), (_, following) = await read(again, 2)
    assert marker.topic == GAP
    assert following.data["n"] == 1
    async with feed.subscribe(after=marker_id) as resumed:
        assert numbers(await read(resumed, 1)) == [1]


async def test_a_slow_subscriber_loses_its_oldest_events_and_holds_up_nobody(feed: Feed) -> None:
    async with feed.subscribe() as slow, feed.subscribe() as quick:
        for n in range(QUEUED + 3):
            await feed.publish(event(n))
            assert numbers(await read(quick, 1)) == [n]
        (_, marker), *rest = await read(slow, QUEUED + 1)
    assert marker.topic == GAP
    assert marker.data == {"reason": "slow subscriber", "lost": 3}
    assert numbers(rest) == [3, 4, 5, 6, 7]


async def test_giving_up_waiting_loses_no_event(feed: Feed) -> None:
    async with feed.subscribe() as events:
        for n in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.01)
            await feed.publish(event(n))
            assert numbers(await read(events, 1)) == [n]


async def test_the_end_of_the_feed_ends_its_subscriptions(open_feed: OpenFeed) -> None:
    async with AsyncExitStack() as subscriptions:
        async with open_feed() as feed:
            await until_ready(feed)
            events = await subscriptions.enter_async_context(feed.subscribe())
            waiting = asyncio.ensure_future(anext(events))
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(waiting, 5)
