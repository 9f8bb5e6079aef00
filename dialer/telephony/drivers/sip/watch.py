"""Keep-alive of a trunk: OPTIONS now and then. Silence of one that has ever answered is a fault."""

from __future__ import annotations

import secrets

from dialer.telephony.drivers.sip.layer import Layer, tag
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.wire.message import Request, Response
from dialer.telephony.wire.reactor import TimeReactor

_FAST = 5.0
"""Seconds between OPTIONS while the trunk is down."""


class TrunkWatch:
    """Sends OPTIONS to one trunk from `start` until `stop`."""

    def __init__(self, reactor: TimeReactor, layer: Layer, trunk: TrunkState) -> None:
        self._layer = layer
        self._trunk = trunk
        self._alarm = Alarm(reactor)
        self._number = 0
        self._sip_id = secrets.token_hex(16)
        self._tag = tag()

    def start(self) -> None:
        if self._trunk.trunk.keepalive_s > 0:
            self._ask()

    def stop(self) -> None:
        self._alarm.clear()

    def _ask(self) -> None:
        self._number += 1
        trunk = self._trunk.trunk
        host, _ = self._layer.advertised
        request = Request(
            method="OPTIONS",
            uri=f"sip:{trunk.host}:{trunk.port}",
            headers=(
                ("Via", self._layer.via(self._trunk.hop.address.transport)),
                ("Max-Forwards", "70"),
                ("From", f"<sip:ringfence@{trunk.from_domain or host}>;tag={self._tag}"),
                ("To", f"<sip:{trunk.host}:{trunk.port}>"),
                ("Call-ID", self._sip_id),
                ("CSeq", f"{self._number} OPTIONS"),
                ("Contact", self._layer.contact(self._trunk.hop.address.transport)),
                ("Accept", "application/sdp"),
            ),
        )
        self._layer.ask(request, self._trunk.hop.address, self)

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        self._trunk.answers_options = True
        self._trunk.heard()
        self._alarm.set(self._trunk.trunk.keepalive_s, self._ask)

    def gone(self, why: Gone) -> None:
        if why.unsent or self._trunk.answers_options:
            self._trunk.lost(f"OPTIONS: {why}")
        self._alarm.set(min(_FAST, self._trunk.trunk.keepalive_s), self._ask)
