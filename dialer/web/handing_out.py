"""Files that are made for one download and gone after it."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree

from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from dialer.store.apart import apart
from dialer.store.database import Database


async def hand_out(
    db: Database,
    name: str,
    make: Callable[[Database, Path], Awaitable[object]],
    *,
    media_type: str,
) -> FileResponse:
    """What `make` writes to a path, off the loop, as a download of that name."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ringfence-"))  # ours alone to read
        stack.callback(rmtree, folder, ignore_errors=True)
        path = folder / name
        await apart(db, lambda own: make(own, path))
        gone = BackgroundTask(stack.pop_all().close)
    return FileResponse(path, media_type=media_type, filename=name, background=gone)
