"""The live feed across processes, over one Redis stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from typing import cast

import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from dialer.feed.feed import FeedEvent
from dialer.feed.hub import Hub, Numbered
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

LOST = Counter("ringfence_feed_events_lost", "Live-feed events that could not be passed to Redis")

BATCH = 200
BLOCK_MS = 2_000
RETRY_SECONDS = 0.5
FLUSH_SECONDS = 1.0
FIRST = "0-0"

Entry = tuple[str, dict[str, str]]


class RedisFeed:
    """Feed driver on Redis Streams: a writer and a reader for each process.

    `publish` only queues, so a slow or absent Redis never holds up the caller; what can't be
    written is logged, counted and gone.
    """

    def __init__(self, redis: Redis, clock: Clock, hub: Hub, *, stream: str, kept: int) -> None:
        self._redis = redis
        self._clock = clock
        self._hub = hub
        self._stream = stream
        self._kept = kept
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(kept)
        self._trouble: str | None = "the feed has not read from Redis yet"
        self._started = False

    async def publish(self, event: FeedEvent) -> None:
        try:
            self._outgoing.put_nowait(encode(event))
        except asyncio.QueueFull:
            self._lose(1, "the queue to Redis is full")

    def subscribe(
        self, *topics: str, after: str | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Numbered]]:
        return self._hub.subscribe(*topics, after=after)

    async def ready(self) -> str | None:
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            return f"Redis does not answer: {error}"
        return self._trouble

    async def write(self) -> None:
        """Pass what was published to Redis in batches, for ever."""
        while True:
            batch = [await self._outgoing.get()]
            while len(batch) < BATCH and not self._outgoing.empty():
                batch.append(self._outgoing.get_nowait())
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for text in batch:
                        pipe.xadd(self._stream, {"event": text}, maxlen=self._kept)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                self._lose(len(batch), str(error))
            for _ in batch:
                self._outgoing.task_done()

    async def flush(self) -> None:
        """Wait, for a moment, until what was published is with Redis."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._outgoing.join(), FLUSH_SECONDS)

    async def read(self) -> None:
        """Show what any process wrote to the subscribers of this one, for ever."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                self._trouble = f"Redis can't be read: {error}"
                log.warning("feed.redis_lost", error=str(error))
                await self._clock.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        missed = cast(
            list[Entry], await self._redis.xrange(self._stream, min=f"({self._hub.last_id}")
        )
        if self._started:
            # The stream may have been trimmed, or have begun afresh, while it was out of sight.
            self._hub.tell_gap("Redis was away")
        self._hand_on(missed, self._hub.keep)
        self._started = True
        self._trouble = None
        while True:
            self._hand_on(await self._next_entries(), self._hub.send)

    async def _next_entries(self) -> list[Entry]:
        answer = cast(
            list[tuple[str, list[Entry]]],
            await self._redis.xread({self._stream: self._hub.last_id}, count=BATCH, block=BLOCK_MS),
        )
        return answer[0][1] if answer else []

    def _hand_on(self, entries: list[Entry], to: Callable[[str, FeedEvent], None]) -> None:
        for event_id, fields in entries:
            try:
                event = decode(fields["event"])
            except (KeyError, ValueError, TypeError) as error:
                log.warning("feed.unreadable", id=event_id, error=str(error))
                self._hub.last_id = event_id
                continue
            to(event_id, event)

    def _lose(self, count: int, why: str) -> None:
        LOST.inc(count)
        log.warning("feed.lost", events=count, error=why)


def encode(event: FeedEvent) -> str:
    """The event as JSON text."""
    return json.dumps(
        {"topic": event.topic, "at": event.at.isoformat(), "data": dict(event.data)},
        ensure_ascii=False,
    )


def decode(text: str) -> FeedEvent:
    """The event from its JSON text; ValueError, KeyError or TypeError if it is none."""
    value = json.loads(text)
    return FeedEvent(
        topic=value["topic"], at=datetime.fromisoformat(value["at"]), data=dict(value["data"])
    )


@asynccontextmanager
async def redis_feed(
    url: str,
    clock: Clock,
    *,
    kept: int = 1000,
    queued: int = 1000,
    stream: str = "ringfence:feed",
) -> AsyncIterator[RedisFeed]:
    """A feed for the life of the block; it starts, and goes on, without Redis being there.

    `kept` events can be resumed (and wait for Redis); `queued` may wait for each subscriber.
    """
    redis = Redis.from_url(
        url,
        decode_responses=True,
        protocol=2,  # the shape of XREAD's answer differs in 3
        socket_connect_timeout=2.0,
        socket_timeout=BLOCK_MS / 1000 + 3.0,
        retry=Retry(NoBackoff(), 0),
    )
    hub = Hub(clock, kept=kept, queued=queued)
    feed = RedisFeed(redis, clock, hub, stream=stream, kept=kept)
    try:
        async with asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(feed.read()), tasks.create_task(feed.write())]
            try:
                yield feed
                await feed.flush()
            finally:
                for loop in loops:
                    loop.cancel()
    finally:
        hub.close()
        await redis.aclose()
