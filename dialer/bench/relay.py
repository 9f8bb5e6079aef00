"""A bad network between the engine and a SIP peer: it loses datagrams, or goes deaf for a while.

It stands in every request's way: the address of each side is replaced by the relay's own, so that
what is sent inside a call comes through here too. `python -m dialer.bench.relay PORT LOSS` is one
as a child process, whose first line of output is its port.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import cast

from dialer.town.loopback import LOOPBACK
from dialer.town.pipe import attend, print_line

_PLACE = re.compile(rb"127\.0\.0\.1:(\d+)")


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay, *, front: bool) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.port = 0
        self._relay = relay
        self._front = front

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._relay.pass_on(data, addr[1], outward=self._front)


class Relay:
    """Datagrams between one near side and the far side's port, each lost by chance."""

    def __init__(self, far: int, loss: float, chance: Random) -> None:
        self.deaf = False
        self.passed = 0
        self.lost = 0
        self.front = _Socket(self, front=True)
        self.back = _Socket(self, front=False)
        self._near = 0
        self._far = far
        self._loss = loss
        self._chance = chance

    @property
    def port(self) -> int:
        """Where the near side sends to."""
        return self.front.port

    def pass_on(self, data: bytes, sender: int, *, outward: bool) -> None:
        """One datagram from the near side outward, or back."""
        if outward:
            self._near = sender
        if self.deaf or self._chance.random() < self._loss:
            self.lost += 1
            return
        self.passed += 1
        via, target = (self.back, self._far) if outward else (self.front, self._near)
        if via.transport is not None and target:
            via.transport.sendto(_PLACE.sub(self._place, data), (LOOPBACK, target))

    def _place(self, found: re.Match[bytes]) -> bytes:
        """The place that the other side knows for this one."""
        pairs = {
            self._near: self.back.port,
            self.back.port: self._near,
            self._far: self.front.port,
            self.front.port: self._far,
        }
        port = int(found[1])
        return b"127.0.0.1:%d" % pairs.get(port, port)


@asynccontextmanager
async def open_relay(far: int, loss: float, chance: Random) -> AsyncIterator[Relay]:
    """A relay to the far side's port; `loss` is the share of datagrams lost each way."""
    relay = Relay(far, loss, chance)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: relay.front, local_addr=(LOOPBACK, 0))
    await loop.create_datagram_endpoint(lambda: relay.back, local_addr=(LOOPBACK, 0))
    try:
        yield relay
    finally:
        for made in (relay.front, relay.back):
            if made.transport is not None:
                made.transport.close()


async def _serve(far: int, loss: float) -> None:
    async with open_relay(far, loss, Random(far)) as relay:
        print_line({"port": relay.port})
        await attend(asyncio.Event(), lambda _: None)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
