"""The sockets of the SIP layer: UDP and TCP at one port number, TLS at its own."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from dialer.telephony.drivers.sip.layer import Layer, SipPort
from dialer.telephony.drivers.sip.reactor import Reactor

_TRIES = 20
"""Ports that are tried for one that is free for both."""


async def listen_at(
    stack: AsyncExitStack, layer: Layer, reactor: Reactor, host: str, port: int
) -> int:
    """Listen by UDP and TCP at one port, any that is free for both where `port` is 0."""
    for left in reversed(range(_TRIES if port == 0 else 1)):
        udp: Any = SipPort(port, layer, host, reactor)
        udp.startListening()
        number = int(udp.getHost().port)
        try:
            tcp = layer.streams.listen(number, host)
        except OSError:
            await _close_socket(udp)
            if not left:
                raise
            continue
        stack.push_async_callback(_close_socket, udp)
        stack.push_async_callback(_close_socket, tcp)
        return number
    raise AssertionError("unreachable")


def listen_tls_at(stack: AsyncExitStack, layer: Layer, host: str, port: int) -> int:
    """Take encrypted connections too, at any free port where `port` is 0."""
    tls: Any = layer.streams.listen_tls(port, host)
    stack.push_async_callback(_close_socket, tls)
    return int(tls.getHost().port)


async def _close_socket(port: Any) -> None:
    closing = port.stopListening()
    if closing is not None:
        await closing.asFuture(asyncio.get_running_loop())
