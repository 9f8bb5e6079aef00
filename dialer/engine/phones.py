"""The agents' SIP accounts of this process: who has which phone, and its password.

The password is never stored. It follows from the service's own secret and the phone's salt, and
the agent sees it once, when the phone is issued.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from dialer.store import agent_phones
from dialer.store.agent_phones import AgentPhone
from dialer.store.database import Database

PASSWORD_LENGTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SipAccount:
    """What an agent enters into their phone."""

    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """All agents' phones. `key` is derived from the service's own secret."""

    db: Database
    key: bytes
    _by_agent: dict[str, AgentPhone] = field(default_factory=dict)

    async def load(self) -> None:
        """Read the phones that were issued before."""
        async with self.db.read() as conn:
            self._by_agent.update(await agent_phones.list_all(conn))

    async def issue(self, agent: str, *, by: str) -> SipAccount:
        """A new account for the agent's phone; the old one can't register any more."""
        phone = await agent_phones.issue(self.db, agent, now=self.db.clock.now(), by=by)
        self._by_agent[agent] = phone
        return SipAccount(name=phone.name, password=self._password(phone))

    def of(self, agent: str) -> str | None:
        """The name of the agent's phone."""
        phone = self._by_agent.get(agent)
        return None if phone is None else phone.name

    def account(self, name: str) -> SipAccount | None:
        """The account of a phone, for the registrar."""
        for phone in self._by_agent.values():
            if phone.name == name:
                return SipAccount(name=name, password=self._password(phone))
        return None

    def _password(self, phone: AgentPhone) -> str:
        seed = f"{phone.name}:{phone.salt}".encode()
        return hmac.new(self.key, seed, "sha256").hexdigest()[:PASSWORD_LENGTH]
