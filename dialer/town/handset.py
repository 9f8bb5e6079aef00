"""An agent's SIP phone: it registers with the service, and answers whoever calls."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from dialer.telephony.wire import digest
from dialer.telephony.wire.message import Request, Response
from dialer.telephony.wire.reactor import DelayedCall, TimeReactor
from dialer.town.answers import Address
from dialer.town.exchange import Exchange
from dialer.town.habits import CallHabit, CallManner
from dialer.town.line import Line
from dialer.town.loopback import LOOPBACK
from dialer.town.resend import Resender
from scheduler.clock import Clock

_HOLDS_S = 600
_REFRESH_S = 480.0
_AGAIN_S = 5.0
_ANSWERS = CallManner(
    habit=CallHabit.LISTENS,
    rings_s=0.1,
    speaks_after_s=0.5,
    patience_s=86_400.0,
    key="0",
    key_after_s=0.0,
    voice=0,
)


class Handset(Exchange):
    """One phone with the account `name`, registered at `registrar` while it listens."""

    def __init__(
        self,
        name: str,
        password: str,
        registrar: Address,
        *,
        clock: Clock,
        timers: TimeReactor,
        open_line: Callable[[], Line],
    ) -> None:
        super().__init__(
            lambda _number: (_ANSWERS, "en"),
            account=None,
            clock=clock,
            timers=timers,
            open_line=open_line,
        )
        self._name, self._password, self._registrar = name, password, registrar
        self._sip_id = secrets.token_hex(16)
        self._number = 0
        self._asking: Resender | None = None
        self._next: DelayedCall | None = None

    def startProtocol(self) -> None:
        self._register()

    def stopProtocol(self) -> None:
        if self._asking is not None:
            self._asking.stop()
        if self._next is not None and self._next.active():
            self._next.cancel()

    def _response(self, response: Response) -> None:
        if response.cseq[1] != "REGISTER":
            super()._response(response)
        elif response.cseq[0] == self._number and not response.provisional:
            self._answered(response)

    def _answered(self, response: Response) -> None:
        if self._asking is not None:
            self._asking.stop()
        challenge = digest.best_challenge(response.all("WWW-Authenticate"))
        if response.status == 401 and challenge is not None:
            self._register(
                digest.authorize(
                    challenge,
                    username=self._name,
                    password=self._password,
                    method="REGISTER",
                    uri=self._domain,
                    cnonce=secrets.token_hex(8),
                )
            )
        else:
            self._later(_REFRESH_S if response.status == 200 else _AGAIN_S)

    @property
    def _domain(self) -> str:
        return f"sip:{self._registrar[0]}"

    def _register(self, proof: str | None = None) -> None:
        self._number += 1
        own = f"sip:{self._name}@{self._registrar[0]}"
        here = f"{LOOPBACK}:{self.transport.getHost().port}"
        request = Request(
            method="REGISTER",
            uri=self._domain,
            headers=(
                ("Via", f"SIP/2.0/UDP {here};branch=z9hG4bK{secrets.token_hex(8)};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<{own}>;tag={self._sip_id[:8]}"),
                ("To", f"<{own}>"),
                ("Call-ID", self._sip_id),
                ("CSeq", f"{self._number} REGISTER"),
                ("Contact", f"<sip:{self._name}@{here}>"),
                ("Expires", str(_HOLDS_S)),
                *((("Authorization", proof),) if proof else ()),
            ),
        )
        data = request.encode()
        self._asking = Resender(
            self._timers, lambda: self._write(data, self._registrar), lambda: self._later(_AGAIN_S)
        )

    def _later(self, seconds: float) -> None:
        self._next = self._timers.callLater(seconds, self._register)
