"""Events on their way to the one who handles them, each acknowledged only once it was handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from messaging.message import MessageEvent


class Inbox:
    """Hands events to one reader.

    An event counts as handled when the reader asks for the next one: only then is `handled`
    called, and with it the provider told that it need not send the event again. A STOP is thus
    not lost when the process dies between hearing of it and writing it down.
    """

    def __init__(self, *, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._queue: asyncio.Queue[tuple[MessageEvent, Callable[[], None] | None] | None] = (
            asyncio.Queue()
        )

    @property
    def is_full(self) -> bool:
        """True when the reader has fallen far behind: ask the provider to come again."""
        return self._queue.qsize() >= self._capacity

    def put(self, event: MessageEvent, handled: Callable[[], None] | None = None) -> None:
        self._queue.put_nowait((event, handled))

    async def put_and_wait(self, event: MessageEvent) -> None:
        """Return once the event was handled."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.put(event, lambda: None if done.done() else done.set_result(None))
        await done

    def close(self) -> None:
        """End the reader's iteration after what is already here."""
        self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[MessageEvent]:
        while (item := await self._queue.get()) is not None:
            event, handled = item
            yield event
            if handled is not None:
                handled()
