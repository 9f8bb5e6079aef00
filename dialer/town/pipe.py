"""Lines on the standard input and output of a process of the town.

The parent holds the other end: when it is gone, however it went, the lines end, and so does the
process. Nobody has to find and stop it.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Callable
from typing import Any


async def attend(stopped: asyncio.Event, hear: Callable[[str], None]) -> None:
    """Hand the parent's lines to `hear`, until the parent is gone or `stopped` is set."""
    reading = asyncio.create_task(_read(hear))
    waiting = asyncio.create_task(stopped.wait())
    done, pending = await asyncio.wait((reading, waiting), return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


async def _read(hear: Callable[[str], None]) -> None:
    kind = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        raise ValueError("the standard input has to be a pipe from the parent")
    reader = asyncio.StreamReader()
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0) as pipe:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while line := await reader.readline():
                hear(line.decode().strip())
        finally:
            transport.close()


def print_line(value: Any) -> None:
    """One JSON value on one line of the standard output, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
