"""Python modules as child processes that say when they are ready and end with their parent."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Any

_READY_S = 30.0
_END_S = 5.0
_LONGEST_LINE = 64 * 1024 * 1024  # all call records of a long run stand on one line


class ChildFailed(Exception):
    """A child ended, or was not ready in time; its own words are on the standard error."""


async def start_python(module: str, arguments: Sequence[str]) -> tuple[Process, Any]:
    """Run `python -m module`; return it with the JSON value of its first line.

    The child has to end when its standard input is closed. Raises ChildFailed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_READY_S):
            line = await process.stdout.readline()
        return process, json.loads(line)
    except (TimeoutError, ValueError) as error:
        await stop(process)
        raise ChildFailed(f"{module} did not come up") from error
    except BaseException:
        await stop(process)
        raise


async def stop(process: Process) -> None:
    """Close the child's input and wait for its end; kill it if it does not end."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
