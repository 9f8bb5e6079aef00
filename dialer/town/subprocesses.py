"""Python modules as child processes that say when they are ready and end with their parent."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

_READY_S = 30.0
_END_S = 5.0
_LONGEST_LINE = 64 * 1024 * 1024  # all call records of a long run stand on one line


class ChildFailed(Exception):
    """A child ended, or was not ready in time; its own words are on the standard error."""


@asynccontextmanager
async def python_child(module: str, arguments: Sequence[str]) -> AsyncIterator[tuple[Process, Any]]:
    """Run `python -m module` for this context; yields it with the JSON value of its first line.

    The child has to end when its standard input is closed; one that does not is killed. Raises
    ChildFailed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
    )
    try:
        yield process, await _first_line(module, process)
    finally:
        await _stop(process)


async def _first_line(module: str, process: Process) -> Any:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_READY_S):
            return json.loads(await process.stdout.readline())
    except (TimeoutError, ValueError) as error:
        raise ChildFailed(f"{module} did not come up") from error


async def _stop(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
