"""An SMPP client in bytes, apart from the product's codec."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Raw:
    command: int
    status: int
    sequence: int
    body: bytes


class RawSmpp:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.sequence = 0

    @classmethod
    async def connect(cls, port: int) -> RawSmpp:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, command: int, body: bytes = b"", *, sequence: int | None = None) -> int:
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)
        return sequence

    async def read(self, deadline: float = 5.0) -> Raw:
        async with asyncio.timeout(deadline):
            length, command, status, sequence = struct.unpack(
                ">IIII", await self.reader.readexactly(16)
            )
            return Raw(command, status, sequence, await self.reader.readexactly(length - 16))

    async def bind(
        self, user: bytes = b"ringfence", password: bytes = b"secret", command: int = 9
    ) -> int:
        self.send(command, user + b"\0" + password + b"\0" + b"\0" + bytes((0x34, 0, 0)) + b"\0")
        answer = await self.read()
        assert answer.command == command | 0x80000000
        return answer.status

    async def submit(
        self, number: str, text: bytes, *, esm_class: int = 0, receipt: int = 1
    ) -> tuple[int, bytes]:
        """Status and message id of the submit_sm_resp."""
        self.send(
            4,
            b"\0"
            + b"\5\0TOWNTEST\0"
            + b"\1\1"
            + number.encode()
            + b"\0"
            + bytes((esm_class, 0, 0))
            + b"\0\0"
            + bytes((receipt, 0, 0, 0, len(text)))
            + text,
        )
        answer = await self.read()
        assert answer.command == 0x80000004
        return answer.status, answer.body.rstrip(b"\0")

    def acknowledge(self, deliver: Raw) -> None:
        self.send(0x80000005, b"\0", sequence=deliver.sequence)

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()
