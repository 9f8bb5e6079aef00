"""Agents' SIP phones: one for each agent, with a password that is shown once and never stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.database import Database, lock
from dialer.store.floor_tables import agent_phones
from dialer.store.ledger_writer import Draft, append


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPhone:
    """The phone of an agent; its password follows from `salt` and the service's own secret."""

    name: str
    agent: str
    salt: str


async def issue(db: Database, agent: str, *, now: datetime, by: str) -> AgentPhone:
    """A new phone for the agent; the one before is not known any more."""
    phone = AgentPhone(
        name=f"agent-{secrets.token_hex(4)}", agent=agent, salt=secrets.token_hex(16)
    )
    async with db.write() as conn:
        await lock(conn, [f"agent phone {agent}"])
        await conn.execute(delete(agent_phones).where(agent_phones.c.agent == agent))
        row = {"name": phone.name, "agent": agent, "salt": phone.salt, "issued_at": now}
        await conn.execute(insert(agent_phones), row)
        body = {"phone": phone.name, "agent": agent, "by": by}
        await append(db, conn, [Draft(kind="agent.phone", body=body)])
    return phone


async def list_all(conn: AsyncConnection) -> Mapping[str, AgentPhone]:
    """All phones by the agent's name."""
    rows = await conn.execute(select(agent_phones))
    return {
        row.agent: AgentPhone(name=row.name, agent=row.agent, salt=row.salt) for row in rows.all()
    }
