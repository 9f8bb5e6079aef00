"""SIP on connections: one to the engine as a phone holds it, and those that a carrier takes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialer.telephony.wire.message import Message, Request, parse
from tests.certificates import serving


class Line:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def next(self) -> Message:
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            return parse(head + await self.reader.readexactly(length))

    async def request(self, method: str) -> Request:
        """The next request of this method."""
        while True:
            message = await self.next()
            if isinstance(message, Request) and message.method == method:
                return message


@asynccontextmanager
async def line(port: int, *, trusting: Path | None = None) -> AsyncIterator[Line]:
    """A connection to the engine, by TLS where an authority is trusted."""
    tls = ssl.create_default_context(cafile=trusting) if trusting else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def carrier(certificate: Path) -> AsyncIterator[tuple[int, list[Line]]]:
    """A listener by TLS: its port, and the connections that it has taken."""
    lines: list[Line] = []

    def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(Line(reader, writer))

    server = await asyncio.start_server(taken, "127.0.0.1", 0, ssl=serving(certificate))
    try:
        yield server.sockets[0].getsockname()[1], lines
    finally:
        server.close()
        for line in lines:
            line.writer.close()
        await server.wait_closed()
