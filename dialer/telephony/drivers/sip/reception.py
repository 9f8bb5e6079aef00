"""Requests that belong to no leg: calls that come in, phones that register, questions, junk."""

from __future__ import annotations

from collections.abc import Callable

from dialer.telephony.drivers.sip.dialog import dialog_of_request
from dialer.telephony.drivers.sip.layer import ALLOWED, tag
from dialer.telephony.drivers.sip.registrar import Registrar
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.drivers.sip.trunks import Trunks
from dialer.telephony.wire.message import Headers, Request, reply

_SCHEMES = frozenset({"sip", "sips", "tel"})
_IN_DIALOGS = frozenset({"INVITE", "BYE", "UPDATE", "INFO", "NOTIFY", "PRACK"})

Ring = Callable[[Request, Server, TrunkState], bool]
"""Let a call ring; False where there is no room for it."""


class Reception:
    """Answers what comes from outside every call. `closing` refuses new ones."""

    def __init__(self, trunks: Trunks, registrar: Registrar, ring: Ring) -> None:
        self.closing = False
        self._trunks = trunks
        self._registrar = registrar
        self._ring = ring

    def request(self, request: Request, server: Server) -> None:
        """Answer it. Raises Malformed for one that can't be acted upon."""
        if request.uri.partition(":")[0].lower() not in _SCHEMES:
            _answer(request, server, 416)
        elif unknown := [one for one in request.all("Require") if one.lower() != "timer"]:
            _answer(request, server, 420, (("Unsupported", ", ".join(unknown)),))
        elif request.method == "OPTIONS":
            _answer(request, server, 200, (("Allow", ALLOWED), ("Accept", "application/sdp")))
        elif request.method == "REGISTER":
            self._registrar.register(request, server)
        elif request.method == "INVITE" and request.to_tag is None:
            self._invited(request, server)
        elif request.method in _IN_DIALOGS:
            _answer(request, server, 481)
        else:
            _answer(request, server, 405, (("Allow", ALLOWED),))

    def _invited(self, invite: Request, server: Server) -> None:
        """A call from outside: our trunks alone may bring one."""
        trunk = self._trunks.bringing(server.source.host)
        content = (invite.get("Content-Type") or "application/sdp").partition(";")[0].strip()
        if trunk is None:
            _answer(invite, server, 403)
        elif invite.body and content.lower() != "application/sdp":
            _answer(invite, server, 415, (("Accept", "application/sdp"),))
        elif self.closing:
            _answer(invite, server, 503)
        else:
            dialog_of_request(invite, reply(invite, 200))  # what can't become a call is refused now
            if trunk.live >= trunk.trunk.max_channels or not self._ring(invite, server, trunk):
                _answer(invite, server, 486)


def _answer(request: Request, server: Server, status: int, headers: Headers = ()) -> None:
    server.respond(reply(request, status, to_tag=tag(), headers=headers, source=server.source))
