"""Where SIP messages go: a transport address, and who we are to whoever answers there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dialer.telephony.wire.headers import Uri, param


class Address(NamedTuple):
    """An IPv4 address and port; `transport` is UDP, TCP or TLS."""

    host: str
    port: int
    transport: str = "UDP"

    @property
    def reliable(self) -> bool:
        """Whether what is sent there arrives, or the connection breaks."""
        return self.transport != "UDP"


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
    """Where a hop is; one that is a name is reached as the dialog's first request was.

    So is one that would lead from an encrypted connection to an open one, or the other way.
    """
    parts = uri.host.split(".")
    if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
        transport = (param(uri.params, "transport") or "UDP").upper()
        if uri.scheme == "sips":
            transport = "TLS"
        if (transport == "TLS") == (otherwise.transport == "TLS"):
            usual = 5061 if transport == "TLS" else 5060
            return Address(uri.host, uri.port or usual, transport)
    return otherwise
