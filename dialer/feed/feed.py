"""The live-feed port: what supervisors and desks see as it happens.

Holds only what may be rebuilt: a lost event costs a stale figure, never a fact.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

GAP = "feed.gap"
"""Topic of the marker that takes the place of lost events; its `data` has `reason` and, where
it is known, `lost` (how many). Every subscriber gets it, whatever its topics. Whoever sees it
reads its figures afresh from the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One thing that happened. `topic` is like `attempt`, `campaign`, `refusal`, `agent`.

    `data` holds JSON values only, so that an event is the same on both sides of a process border.
    """

    topic: str
    at: datetime
    data: Mapping[str, object]


class Feed(Protocol):
    async def publish(self, event: FeedEvent) -> None:
        """Show the event to all subscribers. Never raises for want of a working feed."""
        ...

    def subscribe(
        self, *topics: str, after: str | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, FeedEvent]]]:
        """Events as (resume id, event); no topics = all of them.

        From now on, or, with `after`, from the event that followed that resume id. Where those
        are no longer kept, a GAP marker comes first. A subscriber that is slower than the feed
        loses its oldest events and sees a GAP marker in their place. Waiting for the next event
        may be cancelled and tried again. The iterator ends when the feed closes.
        """
        ...

    async def ready(self) -> str | None:
        """None when the feed works, else the reason why not."""
        ...
