"""The exchange as a process of its own: answers `counts` and `calls` on its standard input."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from dialer.process import run
from dialer.town.exchange import Exchange, TrunkAccount, people_of
from dialer.town.line import Lines
from dialer.town.loopback import LOOPBACK
from dialer.town.options import TownOptions, parse_options
from dialer.town.pipe import attend, print_line
from dialer.town.population import make_population
from dialer.town.records import CallRecord, from_json, to_json
from dialer.town.subprocesses import python_child
from scheduler.clock import SystemClock


async def serve(options: TownOptions, reactor: Any, stopped: asyncio.Event) -> None:
    """Run the exchange until `stopped`, or until the standard input ends."""
    lines = Lines(reactor, reactor, Random(options.seed))
    exchange = Exchange(
        people_of(make_population(options.seed, options.size)),
        account=_account(options),
        clock=SystemClock(options.at),
        timers=reactor,
        open_line=lines.open,
    )

    def hear(line: str) -> None:
        if line == "counts":
            print_line({"sip_invites": exchange.invites, "rtp_packets": lines.received})
        elif line == "calls":
            print_line([to_json(record) for record in exchange.records])

    socket = reactor.listenUDP(options.sip_port, exchange, LOOPBACK)
    print_line({"sip": socket.getHost().port})
    await attend(stopped, hear)


def _account(options: TownOptions) -> TrunkAccount | None:
    if options.sip_user is None:
        return None
    return TrunkAccount(user=options.sip_user, password=options.sip_password)


class ExchangeProcess:
    """The parent's end of the exchange."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = process
        self._turn = asyncio.Lock()

    async def counts(self) -> dict[str, int]:
        """`sip_invites` and `rtp_packets`."""
        found: dict[str, int] = await self._ask("counts")
        return found

    async def calls(self) -> list[CallRecord]:
        return [from_json(CallRecord, found) for found in await self._ask("calls")]

    async def _ask(self, question: str) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        async with self._turn:
            self._process.stdin.write(f"{question}\n".encode())
            return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def start_exchange(options: TownOptions) -> AsyncIterator[ExchangeProcess]:
    """The exchange in a child process. Raises ChildFailed if it does not come up."""
    arguments = options.arguments()
    async with python_child("dialer.town.exchange_process", arguments) as (process, ready):
        yield ExchangeProcess(process, ready["sip"])


if __name__ == "__main__":
    settings = parse_options(sys.argv[1:])
    run(lambda reactor, stopped: serve(settings, reactor, stopped))
