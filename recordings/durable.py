"""Files that are there whole, durable and readable by their owner alone, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

PART = ".part"


def write_durably(path: Path, chunks: Iterable[bytes], *, replace: bool) -> bool:
    """Write `path` through a part file beside it, which gets its name when it is on the disk.

    Without `replace` a name that is taken stays as it is, and the answer is False. Raises OSError,
    and whatever `chunks` raises; either way no half file bears the name.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        elif not _link_new(part, path):
            return False
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return True


def _link_new(part: Path, path: Path) -> bool:
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make names that were added to the folder, or taken from it, durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
