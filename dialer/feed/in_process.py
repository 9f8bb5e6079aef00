"""The live feed of a service that is one process."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from dialer.feed.feed import FeedEvent
from dialer.feed.hub import Hub, Numbered
from scheduler.clock import Clock


class InProcessFeed:
    """Feed driver in memory."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # Ids of an earlier run of the process must not be taken for ours.
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def publish(self, event: FeedEvent) -> None:
        self._hub.send(f"{self._run}-{next(self._numbers)}", event)

    def subscribe(
        self, *topics: str, after: str | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Numbered]]:
        return self._hub.subscribe(*topics, after=after)

    async def ready(self) -> str | None:
        return None


@asynccontextmanager
async def in_process_feed(
    clock: Clock, *, kept: int = 1000, queued: int = 1000
) -> AsyncIterator[InProcessFeed]:
    """A feed for the life of the block; its subscriptions end with it.

    `kept` events can be resumed; `queued` may wait for each subscriber.
    """
    hub = Hub(clock, kept=kept, queued=queued)
    try:
        yield InProcessFeed(hub)
    finally:
        hub.close()
