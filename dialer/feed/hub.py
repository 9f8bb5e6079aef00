"""One stream of events to the many subscribers of a process, none of whom can hold up another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from dialer.feed.feed import GAP, FeedEvent
from scheduler.clock import Clock

Numbered = tuple[str, FeedEvent]


class Hub:
    """Bounded queues, one a subscriber, and a ring of the last events for those who come back."""

    def __init__(self, clock: Clock, *, kept: int, queued: int) -> None:
        """`kept` events can be resumed; `queued` may wait for each subscriber."""
        self._clock = clock
        self._queued = queued
        self._ring: deque[Numbered] = deque(maxlen=kept)
        self._subscriptions: set[Subscription] = set()
        self.last_id = "0-0"

    def keep(self, event_id: str, event: FeedEvent) -> None:
        """Remember the event without showing it."""
        self.last_id = event_id
        self._ring.append((event_id, event))

    def send(self, event_id: str, event: FeedEvent) -> None:
        self.keep(event_id, event)
        for subscription in self._subscriptions:
            subscription.offer(event_id, event)

    def tell_gap(self, reason: str) -> None:
        """Tell every subscriber that events were lost here."""
        marker = gap(reason, self._clock.now())
        for subscription in self._subscriptions:
            subscription.offer(self.last_id, marker)

    @asynccontextmanager
    async def subscribe(
        self, *topics: str, after: str | None = None
    ) -> AsyncIterator[AsyncIterator[Numbered]]:
        subscription = Subscription(frozenset(topics), self._queued)
        if after is not None and after != self.last_id:
            self._replay(subscription, after)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every subscription, so that no open stream holds up the end of the process."""
        for subscription in self._subscriptions:
            subscription.close()

    def _replay(self, subscription: Subscription, after: str) -> None:
        kept = list(self._ring)
        ids = [event_id for event_id, _ in kept]
        if after not in ids:
            subscription.offer(self.last_id, gap("not kept", self._clock.now()))
            return
        for event_id, event in kept[ids.index(after) + 1 :]:
            subscription.offer(event_id, event)


class Subscription:
    """A bounded queue that sheds its oldest events; an async iterator of (resume id, event)."""

    def __init__(self, topics: frozenset[str], limit: int) -> None:
        self._topics = topics
        self._limit = limit
        self._waiting: deque[Numbered] = deque()
        self._shed = 0
        self._last_shed: Numbered | None = None
        self._closed = False
        self._wake = asyncio.Event()

    def offer(self, event_id: str, event: FeedEvent) -> None:
        """Queue the event if it is wanted; a full queue loses its oldest one."""
        if self._topics and event.topic not in self._topics and event.topic != GAP:
            return
        if len(self._waiting) == self._limit:
            self._last_shed = self._waiting.popleft()
            self._shed += 1
        self._waiting.append((event_id, event))
        self._wake.set()

    def close(self) -> None:
        """End the iterator once what is queued has been read."""
        self._closed = True
        self._wake.set()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Numbered:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        if self._last_shed is not None:
            (last_id, last), lost = self._last_shed, self._shed
            self._last_shed, self._shed = None, 0
            return last_id, gap("slow subscriber", last.at, lost)
        return self._waiting.popleft()


def gap(reason: str, at: datetime, lost: int | None = None) -> FeedEvent:
    """The marker that takes the place of lost events."""
    data: dict[str, object] = {"reason": reason}
    if lost is not None:
        data["lost"] = lost
    return FeedEvent(topic=GAP, at=at, data=data)
