"""One process a worker name: a second one would take the first one's open attempts for lost."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the lock; the message names the file."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a file for the life of the block; the system lets go of it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"{path} is held: the service runs already; another process on this store"
                " needs its own RINGFENCE_WORKER"
            ) from None
        yield
    finally:
        os.close(handle)
