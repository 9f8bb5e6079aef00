"""A message centre for tests that spells SMPP by itself, so that it shares no mistake with ours."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = 0
BINDS = {1, 2, 9}
SUBMIT, DELIVER, UNBIND, ENQUIRE = 4, 5, 6, 0x15


def zstr(value: str) -> bytes:
    return value.encode("latin-1") + b"\0"


def message(
    source: str,
    destination: str,
    octets: bytes,
    *,
    esm: int = 0,
    coding: int = 0,
    ton: int = 1,
    tlvs: bytes = b"",
) -> bytes:
    """The body of a deliver_sm."""
    return (
        zstr("")
        + bytes((ton, 1))
        + zstr(source)
        + b"\x01\x01"
        + zstr(destination)
        + bytes((esm, 0, 0))
        + zstr("")
        + zstr("")
        + bytes((0, 0, coding, 0, len(octets)))
        + octets
        + tlvs
    )


def receipt_text(message_id: str, stat: str = "DELIVRD", err: str = "000") -> bytes:
    return (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2611241500 done date:2611241501 "
        f"stat:{stat} err:{err} text:Hello"
    ).encode()


@dataclass
class Submit:
    """A submit_sm as it came."""

    sequence: int
    source: str
    destination: str
    esm: int
    registered: int
    coding: int
    octets: bytes
    tlvs: dict[int, bytes]


def read_submit(sequence: int, body: bytes) -> Submit:
    rest = body

    def text() -> str:
        nonlocal rest
        value, rest = rest.split(b"\0", 1)
        return value.decode("latin-1")

    def octet() -> int:
        nonlocal rest
        value, rest = rest[0], rest[1:]
        return value

    text()
    octet(), octet()
    source = text()
    octet(), octet()
    destination = text()
    esm = octet()
    octet(), octet()
    text(), text()
    registered = octet()
    octet()
    coding = octet()
    octet()
    size = octet()
    octets, rest = rest[:size], rest[size:]
    tlvs = {}
    while rest:
        tag, length = struct.unpack(">HH", rest[:4])
        tlvs[tag], rest = rest[4 : 4 + length], rest[4 + length :]
    return Submit(sequence, source, destination, esm, registered, coding, octets, tlvs)


@dataclass
class Smsc:
    """Accepts everything unless told otherwise.

    `bind_statuses`: statuses for the next binds. `script`: what happens to the next submits: a
    status, or a coroutine function of (session, submit). `ids` makes message ids.
    """

    port: int = 0
    bind_statuses: deque[int] = field(default_factory=deque)
    script: deque[int | Callable[[Session, Submit], Awaitable[None]]] = field(default_factory=deque)
    ids: Callable[[int], str] = lambda n: f"id-{n}"
    silent: bool = False
    binds: list[tuple[str, str]] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list)
    delivered: list[tuple[int, int]] = field(default_factory=list)
    unbinds: int = 0
    sessions: list[Session] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.sessions[-1]


class Session:
    def __init__(
        self, smsc: Smsc, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.smsc = smsc
        self.reader = reader
        self.writer = writer
        self.sequence = 1000

    def write(self, command: int, sequence: int, status: int = 0, body: bytes = b"") -> None:
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def deliver(self, body: bytes) -> int:
        self.sequence += 1
        self.write(DELIVER, self.sequence, body=body)
        return self.sequence

    def answer(self, submit: Submit, status: int = OK, message_id: str | None = None) -> str:
        number = len(self.smsc.submits)
        message_id = self.smsc.ids(number) if message_id is None else message_id
        self.write(
            SUBMIT | 1 << 31,
            submit.sequence,
            status,
            zstr(message_id) if status == OK else b"",
        )
        return message_id

    def drop(self) -> None:
        self.writer.transport.abort()

    async def run(self) -> None:
        while True:
            header = await self.reader.readexactly(16)
            length, command, status, sequence = struct.unpack(">IIII", header)
            body = await self.reader.readexactly(length - 16)
            if self.smsc.silent:
                continue
            if command in BINDS:
                system_id, password, _ = body.split(b"\0", 2)
                self.smsc.binds.append((system_id.decode(), password.decode()))
                refused = self.smsc.bind_statuses.popleft() if self.smsc.bind_statuses else OK
                self.write(
                    command | 1 << 31, sequence, refused, zstr("SMSC") if not refused else b""
                )
            elif command == ENQUIRE:
                self.write(ENQUIRE | 1 << 31, sequence)
            elif command == UNBIND:
                self.smsc.unbinds += 1
                self.write(UNBIND | 1 << 31, sequence)
            elif command == SUBMIT:
                await self.submitted(read_submit(sequence, body))
            elif command == DELIVER | 1 << 31:
                self.smsc.delivered.append((sequence, status))

    async def submitted(self, submit: Submit) -> None:
        self.smsc.submits.append(submit)
        step = self.smsc.script.popleft() if self.smsc.script else OK
        if isinstance(step, int):
            self.answer(submit, step)
        else:
            await step(self, submit)


@asynccontextmanager
async def run_smsc(port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Smsc]:
    smsc = Smsc()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(smsc, reader, writer)
        smsc.sessions.append(session)
        try:
            await session.run()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    smsc.port = server.sockets[0].getsockname()[1]
    try:
        yield smsc
    finally:
        server.close()
        for session in smsc.sessions:
            session.drop()
        await server.wait_closed()
