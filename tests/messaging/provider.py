"""An HTTP provider for tests: a small server that keeps what is posted and answers as told."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from messaging.sms.webhook import Webhook

KEY = b"webhook-key"


@dataclass
class Posted:
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """`script`: the next answers as (status, JSON); None hangs up without one."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    script: deque[tuple[int, object] | None] = field(default_factory=deque)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/messages"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                _, *lines = head.decode("latin-1").strip().split("\r\n")
                headers = {k.casefold(): v for k, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.posted.append(Posted(headers, body))
                number = len(self.posted)
                step = (
                    self.script.popleft()
                    if self.script
                    else (201, {"messages": [{"id": f"id-{number}"}]})
                )
                if step is None:
                    writer.transport.abort()
                    return
                status, answer = step
                octets = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(octets)}\r\n\r\n".encode()
                    + octets
                )
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def webhook(document: object) -> Webhook:
    """A document as the provider posts and signs it."""
    body = json.dumps(document).encode()
    return Webhook(
        url="https://collector.test/webhooks/sms",
        headers={
            "content-type": "application/json",
            "x-acme-signature": "sha256=" + hmac.digest(KEY, body, "sha256").hex(),
        },
        body=body,
    )


@asynccontextmanager
async def run_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await provider.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
