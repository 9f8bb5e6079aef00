"""Where SIP messages go: a transport address, and who we are to whoever answers there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dialer.telephony.wire.headers import Uri, param


class Address(NamedTuple):
    """An IPv4 address and port; `transport` is UDP or TCP."""

    host: str
    port: int
    transport: str = "UDP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """The next SIP element, and our credentials there; without a user name none are given.

    With `pinned` all requests of a dialog go to `address`, whatever Contact it told: a phone behind
    a router names an address that can't be reached.
    """

    address: Address
    pinned: bool = False
    username: str = ""
    password: str = ""


def address_of(uri: Uri, otherwise: Address) -> Address:
    """Where a hop is; one that is a name is reached as the dialog's first request was."""
    parts = uri.host.split(".")
    if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
        transport = (param(uri.params, "transport") or "UDP").upper()
        return Address(uri.host, uri.port or 5060, transport)
    return otherwise
