"""The live-feed port: what supervisors and desks see as it happens.

Holds only what may be rebuilt: a lost event costs a stale figure, never a fact.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One thing that happened. `topic` is like `attempt`, `campaign`, `refusal`, `agent`."""

    topic: str
    at: datetime
    data: Mapping[str, object]


class Feed(Protocol):
    async def publish(self, event: FeedEvent) -> None: ...

    def subscribe(
        self, *topics: str
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, FeedEvent]]]:
        """Events from now on as (resume id, event); no topics = all of them."""
        ...

    async def ready(self) -> str | None:
        """None when the feed works, else the reason why not."""
        ...
