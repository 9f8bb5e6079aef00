"""What only the feed over Redis must do: cross processes, and outlive Redis."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from dialer.feed.drivers.redis import LOST, redis_feed
from dialer.feed.feed import GAP, Feed, FeedEvent
from scheduler.clock import SystemClock

pytestmark = pytest.mark.peer("redis-server")

CLOCK = SystemClock()
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def event(n: int) -> FeedEvent:
    return FeedEvent(topic="attempt", at=AT, data={"n": n})


async def until(met: Callable[[str | None], bool], feed: Feed) -> None:
    async with asyncio.timeout(10):
        while not met(await feed.ready()):
            await CLOCK.sleep(0.02)


async def until_ready(feed: Feed) -> None:
    await until(lambda reason: reason is None, feed)


@pytest.fixture
def own_redis(free_tcp_port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a Redis server of the test's own, which the test may stop and start again."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        server = subprocess.Popen(
            ["redis-server", "--port", str(free_tcp_port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
            text=True,
        )
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()
        server.wait(10)


async def test_an_event_crosses_processes(redis_url: str) -> None:
    clock = SystemClock()
    async with (
        redis_feed(redis_url, clock, stream="crossing") as here,
        redis_feed(redis_url, clock, stream="crossing") as there,
    ):
        await until_ready(here)
        await until_ready(there)
        async with there.subscribe() as events:
            await here.publish(event(1))
            event_id, got = await asyncio.wait_for(anext(events), 5)
        assert got == event(1)
        await here.publish(event(2))
        # A browser whose connection moves to the other process goes on where it was.
        async with here.subscribe(after=event_id) as events:
            _, got = await asyncio.wait_for(anext(events), 5)
        assert got == event(2)


async def test_a_new_process_resumes_from_what_was_there_before_it(redis_url: str) -> None:
    clock = SystemClock()
    async with redis_feed(redis_url, clock, stream="before") as first:
        await until_ready(first)
        async with first.subscribe() as events:
            await first.publish(event(1))
            event_id, _ = await asyncio.wait_for(anext(events), 5)
        await first.publish(event(2))
    async with redis_feed(redis_url, clock, stream="before") as second:
        await until_ready(second)
        async with second.subscribe(after=event_id) as events:
            _, got = await asyncio.wait_for(anext(events), 5)
    assert got == event(2)


async def test_a_strange_entry_in_the_stream_is_passed_over(redis_url: str) -> None:
    async with redis_feed(redis_url, SystemClock(), stream="strange") as feed:
        await until_ready(feed)
        redis = Redis.from_url(redis_url)
        async with redis, feed.subscribe() as events:
            await redis.xadd("strange", {"other": "x"})
            await redis.xadd("strange", {"event": "{"})
            await feed.publish(event(1))
            _, got = await asyncio.wait_for(anext(events), 5)
        assert got == event(1)


async def test_without_redis_nothing_raises_and_the_feed_comes_back(
    own_redis: Callable[[], subprocess.Popen[str]], free_tcp_port: int
) -> None:
    url = f"redis://127.0.0.1:{free_tcp_port}/0"
    lost_before = LOST._value.get()
    async with redis_feed(url, SystemClock()) as feed, feed.subscribe() as events:
        reason = await feed.ready()
        assert reason is not None
        assert "Redis" in reason
        await feed.publish(event(0))
        async with asyncio.timeout(5):
            while LOST._value.get() == lost_before:
                await CLOCK.sleep(0.02)

        server = own_redis()
        await until_ready(feed)
        await feed.publish(event(1))
        _, got = await asyncio.wait_for(anext(events), 5)
        assert got == event(1)

        server.kill()
        server.wait(10)
        await until(lambda reason: reason is not None, feed)
        await feed.publish(event(2))

        own_redis()
        await until_ready(feed)
        _, marker = await asyncio.wait_for(anext(events), 10)
        assert marker.topic == GAP
        await feed.publish(event(3))
        _, got = await asyncio.wait_for(anext(events), 5)
        assert got == event(3)
