"""A mail relay for tests: aiosmtpd on the running loop, with answers that a test can script."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Relay:
    """`mail`, `rcpt`, `data`: answers for the next commands, a text or what to do to the server."""

    port: int = 0
    connections: int = 0
    received: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    mail: deque[str | Callable[[SMTP], None]] = field(default_factory=deque)
    rcpt: deque[str | Callable[[SMTP], None]] = field(default_factory=deque)
    data: deque[str | Callable[[SMTP], None]] = field(default_factory=deque)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._scripted(self.mail, server)
        envelope.mail_from = address
        return answer or "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._scripted(self.rcpt, server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self._scripted(self.data, server)
        if answer is None:
            self.received.append(envelope)
            self.secured.append(session.ssl is not None)
        return answer or "250 2.0.0 Ok: queued"

    def _scripted(self, script: deque[str | Callable[[SMTP], None]], server: SMTP) -> str | None:
        step = script.popleft() if script else None
        if callable(step):
            step(server)
            return "451 gone"
        return step


def hang_up(server: SMTP) -> None:
    server.transport.abort()


@asynccontextmanager
async def run_relay(
    *, tls: ssl.SSLContext | None = None, password: bytes | None = None
) -> AsyncIterator[Relay]:
    relay = Relay()
    loop = asyncio.get_running_loop()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        relay.logins.append((data.login, data.password))
        return AuthResult(success=data.password == password, handled=False)

    protocols: list[SMTP] = []

    def accept() -> SMTP:
        relay.connections += 1
        protocols.append(
            SMTP(
                relay,
                loop=loop,
                hostname="relay.test",
                tls_context=tls,
                require_starttls=tls is not None,
                authenticator=authenticate if password is not None else None,
                auth_required=password is not None and tls is not None,
                auth_require_tls=tls is not None,
            )
        )
        return protocols[-1]

    server = await loop.create_server(accept, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for protocol in protocols:
            if protocol.transport is not None and not protocol.transport.is_closing():
                protocol.transport.abort()
        await server.wait_closed()
