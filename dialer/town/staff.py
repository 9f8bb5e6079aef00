"""The sample's agents: a phone on each desk, and somebody invented at most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import httpx

from dialer.town.clerk import Clerk, Desk, Seat, at_work
from dialer.town.handset import Handset
from dialer.town.line import Lines
from dialer.town.loopback import LOOPBACK
from scheduler.clock import Clock


async def staff(
    service: str,
    seats: Sequence[Seat],
    known: Mapping[str, Mapping[str, str]],
    *,
    seed: int,
    reactor: Any,
    clock: Clock,
) -> None:
    """Set up the phones and work at the service of that address, until cancelled."""
    lines = Lines(reactor, reactor, Random(f"{seed}/staff"))
    clerks = {}
    async with AsyncExitStack() as stack:
        for seat in seats:
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=service))
            desk = Desk(client)
            await desk.sign_in(seat)
            account = await desk.post("/desk/phone")
            host, _, port = account["registrar"].rpartition(":")
            handset = Handset(
                account["name"],
                account["password"],
                (host, int(port)),
                clock=clock,
                timers=reactor,
                open_line=lines.open,
            )
            stack.callback(reactor.listenUDP(0, handset, LOOPBACK).stopListening)
            if seat.works:
                clerks[seat.name] = Clerk(desk, clock, Random(f"{seed}/{seat.name}"), known)
        await at_work(clerks)
