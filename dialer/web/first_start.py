"""The account that a fresh store needs before anybody can log in."""

from __future__ import annotations

from dialer.store.accounts import Role, create_account, list_accounts
from dialer.store.database import Database
from dialer.web.passwords import hash_password, one_time_secret
from scheduler.clock import Clock

ADMINISTRATOR = "administrator"


async def ensure_administrator(db: Database, clock: Clock) -> str | None:
    """Make the administrator if there is no account yet; returns the one-time secret.

    None where accounts exist. The secret is shown this once and must be changed at first log-in.
    """
    async with db.read() as conn:
        if await list_accounts(conn):
            return None
    secret = one_time_secret()
    password_hash = await hash_password(secret)
    async with db.write() as conn:
        if await list_accounts(conn):
            return None
        await create_account(
            conn,
            name=ADMINISTRATOR,
            role=Role.ADMINISTRATOR,
            password_hash=password_hash,
            must_change_password=True,
            now=clock.now(),
        )
    return secret
