"""Work on the store off the loop: in a thread with a loop and a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Thread
from typing import TypeVar

from dialer.store.database import Database, open_database

T = TypeVar("T")


async def apart(db: Database, work: Callable[[Database], Awaitable[T]]) -> T:
    """What `work` gives on the same store, in a thread of its own; it raises what `work` raises.

    The thread ends with the process: work that is cut off has written nothing, or all.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(task: asyncio.Task[T]) -> None:
        if done.cancelled():
            return
        error = task.exception()
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(task.result())

    async def alone() -> None:
        task = asyncio.create_task(_on_own_store(db, work))
        await asyncio.wait({task})
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, task)

    Thread(target=lambda: asyncio.run(alone()), name="apart", daemon=True).start()
    return await done


async def _on_own_store(db: Database, work: Callable[[Database], Awaitable[T]]) -> T:
    url = db.engine.url.render_as_string(hide_password=False)
    async with open_database(url, db.keys, clock=db.clock, writer=f"{db.writer}.audit") as own:
        return await work(own)
