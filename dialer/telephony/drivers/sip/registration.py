"""Our own registration with a trunk that wants one: kept fresh, and taken back at the end.

While it is refused or unanswered the trunk takes no calls.
"""

from __future__ import annotations

import secrets

from dialer.telephony.drivers.sip.auth import Authenticator, with_via
from dialer.telephony.drivers.sip.layer import Layer, tag
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.wire.headers import Malformed, param, parse_address
from dialer.telephony.wire.message import Request, Response
from dialer.telephony.wire.reactor import TimeReactor

_AGAIN = 30.0
"""Seconds until a registration that failed is tried again."""


class Registration:
    """Registers with one trunk from `start` until `stop`."""

    def __init__(self, reactor: TimeReactor, layer: Layer, trunk: TrunkState) -> None:
        self._layer = layer
        self._trunk = trunk
        self._alarm = Alarm(reactor)
        self._sip_id = secrets.token_hex(16)
        self._tag = tag()
        self._number = 0
        self._auth = self._fresh()
        self._request: Request | None = None
        self._leaving = False

    def start(self) -> None:
        self._trunk.unregistered = "not registered yet"
        self._ask(self._trunk.trunk.register_s)

    def stop(self) -> None:
        self._alarm.clear()
        self._leaving = True
        self._ask(0)

    def _fresh(self) -> Authenticator:
        return Authenticator(self._trunk.trunk.username, self._trunk.trunk.password)

    def _ask(self, seconds: float) -> None:
        trunk, transport = self._trunk.trunk, self._trunk.hop.address.transport
        self._number += 1
        self._auth = self._fresh()
        own = f"sip:{trunk.username}@{trunk.from_domain or trunk.host}"
        self._send(
            Request(
                method="REGISTER",
                uri=f"sip:{trunk.from_domain or trunk.host}",
                headers=(
                    ("Max-Forwards", "70"),
                    ("From", f"<{own}>;tag={self._tag}"),
                    ("To", f"<{own}>"),
                    ("Call-ID", self._sip_id),
                    ("CSeq", f"{self._number} REGISTER"),
                    ("Contact", self._layer.contact(transport)),
                    ("Expires", str(round(seconds))),
                ),
            )
        )

    def _send(self, request: Request) -> None:
        address = self._trunk.hop.address
        self._request = with_via(request, self._layer.via(address.transport))
        self._number = request.cseq[0]
        self._layer.ask(self._request, address, self)

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        self._trunk.heard()
        again = self._auth.retry(self._request, response) if self._request else None
        if again is not None:
            self._send(again)
        elif self._leaving:
            return
        elif response.status < 300:
            self._trunk.unregistered = None
            self._alarm.set(0.8 * self._granted(response), self._refresh)
        else:
            self._failed(f"it refuses our registration: {response.status} {response.phrase}")

    def gone(self, why: Gone) -> None:
        if not self._leaving:
            self._failed(f"our registration: {why}")

    def _failed(self, why: str) -> None:
        self._trunk.unregistered = why
        self._alarm.set(_AGAIN, self._refresh)

    def _refresh(self) -> None:
        self._ask(self._trunk.trunk.register_s)

    def _granted(self, response: Response) -> float:
        """The seconds that it holds: the trunk's word for our own Contact, or for all."""
        own = parse_address(self._layer.contact(self._trunk.hop.address.transport)).uri
        told = [response.get("Expires")]
        for value in response.all("Contact"):
            try:
                address = parse_address(value)
            except Malformed:
                continue
            if address.uri == own:
                told.insert(0, param(address.params, "expires"))
        known = [int(one) for one in told if one and one.isascii() and one.isdigit()]
        return float(known[0]) if known and known[0] > 0 else self._trunk.trunk.register_s
