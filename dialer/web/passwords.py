"""Passwords: argon2id, off the event loop, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MINIMUM_LENGTH = 12

_hasher = PasswordHasher()
# Each hash takes 64 MiB and a good tenth of a second of a core: two at once are enough.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; as slow for None, which fits nothing."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored, password)


def one_time_secret() -> str:
    """A password to be used once: 96 random bits, easy to copy."""
    return "-".join(secrets.token_hex(4) for _ in range(3))


def _verify(stored: str | None, password: str) -> bool:
    try:
        fits = _hasher.verify(stored or _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return fits and stored is not None


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
