"""People who may use the console and programs that may use the API; their sessions and tokens.

Secrets are never stored: passwords as argon2 hashes made elsewhere, session ids and tokens (256
random bits each) as SHA-256 digests. A session lives until it is revoked, is idle for
`IDLE_LIMIT`, or is `ABSOLUTE_LIMIT` old.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.columns import Id, UtcDateTime
from dialer.store.ids import new_id
from dialer.store.tables import Word, metadata

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
SEEN_STEP = timedelta(minutes=1)
"""A session's last use is written at most this often."""


class Role(StrEnum):
    """What an account is for; what each may do is decided in `dialer.web.auth`."""

    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    AGENT = "agent"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),  # folded to lower case
    Column("role", Word, nullable=False),
    Column("password_hash", String(200), nullable=False),  # argon2id, with its parameters
    Column("state", Word, nullable=False),  # active, disabled
    Column("must_change_password", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index(None, "account_id"),
    Index(None, "created_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("role", Word, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person's account."""

    id: str
    name: str
    role: Role
    password_hash: str
    active: bool
    must_change_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks: a person in a session, or a program with a token."""

    name: str
    role: Role
    account_id: str | None
    must_change_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token, without its secret."""

    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def fold(name: str) -> str:
    """The form of an account's name that is stored and compared."""
    return name.strip().casefold()


def digest(secret: str) -> str:
    """What is stored of a session id or token."""
    return sha256(secret.encode()).hexdigest()


async def create_account(
    conn: AsyncConnection,
    *,
    name: str,
    role: Role,
    password_hash: str,
    must_change_password: bool,
    now: datetime,
) -> str:
    """Make an account and return its id; IntegrityError if the name is taken."""
    account_id = new_id("account")
    await conn.execute(
        insert(accounts).values(
            id=account_id,
            name=fold(name),
            role=role,
            password_hash=password_hash,
            state="active",
            must_change_password=must_change_password,
            created_at=now,
            updated_at=now,
        )
    )
    return account_id


async def find_account(conn: AsyncConnection, name: str) -> Account | None:
    row = (await conn.execute(select(accounts).where(accounts.c.name == fold(name)))).mappings()
    found = row.first()
    return _account(found) if found else None


async def list_accounts(conn: AsyncConnection) -> list[Account]:
    """All accounts by name."""
    rows = (await conn.execute(select(accounts).order_by(accounts.c.name))).mappings()
    return [_account(row) for row in rows]


async def set_password(
    conn: AsyncConnection, *, account_id: str, password_hash: str, now: datetime
) -> None:
    """The account's own new password; it ends all of the account's sessions."""
    await conn.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(password_hash=password_hash, must_change_password=False, updated_at=now)
    )
    await revoke_sessions(conn, account_id=account_id, now=now)


async def set_one_time_password(
    conn: AsyncConnection, *, account_id: str, password_hash: str, now: datetime
) -> None:
    """A password given by the administrator, to be changed at the next log-in."""
    await set_password(conn, account_id=account_id, password_hash=password_hash, now=now)
    await conn.execute(
        update(accounts).where(accounts.c.id == account_id).values(must_change_password=True)
    )


async def set_active(
    conn: AsyncConnection, *, account_id: str, active: bool, now: datetime
) -> None:
    """Allow or forbid the account; forbidding ends its sessions."""
    await conn.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(state="active" if active else "disabled", updated_at=now)
    )
    if not active:
        await revoke_sessions(conn, account_id=account_id, now=now)


async def open_session(conn: AsyncConnection, *, account_id: str, now: datetime) -> str:
    """Begin a session and return its secret id."""
    secret = secrets.token_urlsafe(32)
    await conn.execute(
        insert(sessions).values(
            digest=digest(secret), account_id=account_id, created_at=now, seen_at=now
        )
    )
    await conn.execute(delete(sessions).where(sessions.c.created_at < now - 2 * ABSOLUTE_LIMIT))
    return secret


async def find_session(
    conn: AsyncConnection, secret: str, now: datetime
) -> tuple[Actor, bool] | None:
    """Who the session belongs to, and whether its last use should be written down again.

    None for an unknown, revoked or expired session and for an account that is not active.
    """
    query = (
        select(accounts, sessions.c.seen_at)
        .join(sessions, sessions.c.account_id == accounts.c.id)
        .where(
            sessions.c.digest == digest(secret),
            sessions.c.revoked_at.is_(None),
            sessions.c.seen_at > now - IDLE_LIMIT,
            sessions.c.created_at > now - ABSOLUTE_LIMIT,
            accounts.c.state == "active",
        )
    )
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        return None
    actor = Actor(
        name=row["name"],
        role=Role(row["role"]),
        account_id=row["id"],
        must_change_password=row["must_change_password"],
    )
    return actor, row["seen_at"] <= now - SEEN_STEP


async def touch_session(conn: AsyncConnection, secret: str, now: datetime) -> None:
    """Write down that the session is in use."""
    await conn.execute(
        update(sessions).where(sessions.c.digest == digest(secret)).values(seen_at=now)
    )


async def revoke_session(conn: AsyncConnection, secret: str, now: datetime) -> None:
    await conn.execute(
        update(sessions).where(sessions.c.digest == digest(secret)).values(revoked_at=now)
    )


async def revoke_sessions(conn: AsyncConnection, *, account_id: str, now: datetime) -> None:
    """End every session of the account."""
    await conn.execute(
        update(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def create_token(
    conn: AsyncConnection,
    *,
    name: str,
    role: Role,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """Make an API token and return its secret, which is shown this once."""
    secret = f"rf_{secrets.token_urlsafe(32)}"
    await conn.execute(
        insert(api_tokens).values(
            digest=digest(secret), name=name, role=role, created_at=now, expires_at=expires_at
        )
    )
    return secret


async def list_tokens(conn: AsyncConnection) -> list[ApiToken]:
    """All tokens by name, the revoked ones too."""
    rows = (await conn.execute(select(api_tokens).order_by(api_tokens.c.name))).mappings()
    return [
        ApiToken(
            name=row["name"],
            role=Role(row["role"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
        )
        for row in rows
    ]


async def find_token(conn: AsyncConnection, secret: str, now: datetime) -> Actor | None:
    """Who a bearer token speaks for; None if it is unknown, revoked or expired."""
    query = select(api_tokens).where(
        api_tokens.c.digest == digest(secret),
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at.is_(None) | (api_tokens.c.expires_at > now),
    )
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        return None
    return Actor(
        name=row["name"], role=Role(row["role"]), account_id=None, must_change_password=False
    )


async def revoke_token(conn: AsyncConnection, *, name: str, now: datetime) -> None:
    await conn.execute(update(api_tokens).where(api_tokens.c.name == name).values(revoked_at=now))


def _account(row: RowMapping) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        active=row["state"] == "active",
        must_change_password=row["must_change_password"],
        created_at=row["created_at"],
    )
