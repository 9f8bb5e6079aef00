"""The service's own secret, from which the keys of links and return paths are derived."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path


def read_or_make(path: Path) -> bytes:
    """The secret in a file that only its owner may read; made at first use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        secret = secrets.token_bytes(32)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def derive(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose."""
    return hmac.digest(secret, purpose.encode(), "sha256")
