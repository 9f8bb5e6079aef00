"""Process life: Twisted's asyncio reactor runs the loop and turns signals into an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.defer import Deferred
from twisted.internet.main import installReactor

Main = Callable[[Any, asyncio.Event], Coroutine[Any, Any, None]]
"""`main(reactor, stop)`: runs until it is done or `stop` is set, and then cleans up."""


def run(main: Main) -> None:
    """Run `main` on the reactor; SIGTERM and SIGINT set its `stop`, and its end ends the process.

    Raises whatever `main` raised.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    reactor: Any = AsyncioSelectorReactor(loop)
    installReactor(reactor)
    stop = asyncio.Event()
    task: asyncio.Task[None] | None = None
    shutting_down = False

    def start() -> None:
        nonlocal task
        task = loop.create_task(main(reactor, stop), name="main")
        task.add_done_callback(ended)

    def ended(_: asyncio.Task[None]) -> None:
        if not shutting_down:
            reactor.stop()

    def shut_down() -> Deferred[Any] | None:
        nonlocal shutting_down
        shutting_down = True
        if task is None or task.done():
            return None
        stop.set()
        over: Deferred[Any] = Deferred()
        task.add_done_callback(lambda _: over.callback(None))
        return over

    reactor.callWhenRunning(start)
    reactor.addSystemEventTrigger("before", "shutdown", shut_down)
    reactor.run()
    if task is not None:
        task.result()
