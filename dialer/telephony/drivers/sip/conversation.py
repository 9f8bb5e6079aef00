"""An answered dialog: its ACK, the ACK again for each repeated answer, and its BYE."""

from __future__ import annotations

from dialer.telephony.drivers.sip.auth import Authenticator, with_via
from dialer.telephony.drivers.sip.dialog import Dialog
from dialer.telephony.drivers.sip.layer import Address, Layer
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.wire.headers import Uri
from dialer.telephony.wire.message import Headers, Request, Response


class Conversation:
    """Requests inside a dialog that a 2xx has confirmed."""

    def __init__(
        self, layer: Layer, trunk: TrunkState, dialog: Dialog, credentials: Headers
    ) -> None:
        self.dialog = dialog
        self._layer = layer
        self._trunk = trunk
        self._address = _address(dialog.next_hop, trunk.address)
        self._ack = dialog.request("ACK", via=layer.via(), headers=credentials).encode()

    def acknowledge(self) -> None:
        """Send the ACK; it is the same for each repeat of the answer."""
        self._layer.send(self._ack, self._address)

    def bye(self) -> None:
        """End the dialog. Repeats and challenges are seen to here; nobody is told."""
        self.dialog = self.dialog.advance()
        request = self.dialog.request("BYE", via=self._layer.via())
        _Bye(self._layer, self._trunk, self._address).send(request)


def _address(hop: Uri, trunk: Address) -> Address:
    """Where a hop is; one that is a name is reached through the trunk, as the first INVITE was."""
    parts = hop.host.split(".")
    if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
        return hop.host, hop.port or 5060
    return trunk


class _Bye:
    def __init__(self, layer: Layer, trunk: TrunkState, address: Address) -> None:
        self._layer = layer
        self._address = address
        self._auth = Authenticator(trunk.trunk.username, trunk.trunk.password)
        self._request: Request | None = None

    def send(self, request: Request) -> None:
        self._request = with_via(request, self._layer.via())
        self._layer.ask(self._request, self._address, self)

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        again = self._auth.retry(self._request, response) if self._request else None
        if again is not None:
            self.send(again)

    def gone(self, why: Gone) -> None:
        pass
