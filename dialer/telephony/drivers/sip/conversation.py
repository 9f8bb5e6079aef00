"""A confirmed dialog: its ACK, the ACK again for each repeated answer, and requests inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dialer.telephony.drivers.sip.auth import Authenticator, with_via
from dialer.telephony.drivers.sip.dialog import Dialog
from dialer.telephony.drivers.sip.hop import Address, Hop, address_of
from dialer.telephony.drivers.sip.layer import Layer
from dialer.telephony.drivers.sip.transactions import Gone
from dialer.telephony.wire.message import Headers, Request, Response

Told = Callable[[Response | None], object]
"""Called once with the final answer, or None where none came."""


class Conversation:
    """Requests inside a dialog that a 2xx has confirmed."""

    def __init__(self, layer: Layer, hop: Hop, dialog: Dialog) -> None:
        self.dialog = dialog
        self._layer = layer
        self._hop = hop
        self._ack: bytes | None = None

    def acknowledge(self, credentials: Headers, *, used: int) -> None:
        """Send the first ACK. `used` is the highest number that the dialog has seen of us."""
        ack = self.dialog.request("ACK", via=self._via(), headers=credentials)
        self._ack = ack.encode()
        self.dialog = replace(self.dialog, cseq=max(used, self.dialog.cseq))
        self.acknowledge_again()

    def acknowledge_again(self) -> None:
        """The same ACK for a repeat of the answer."""
        if self._ack is not None:
            self._layer.send(self._ack, self._address)

    def bye(self) -> None:
        """End the dialog. Repeats and challenges are seen to here; nobody is told."""
        self.ask("BYE")

    def ask(
        self, method: str, *, headers: Headers = (), body: bytes = b"", told: Told | None = None
    ) -> None:
        """Send a request other than INVITE inside the dialog."""
        self.dialog = self.dialog.advance()
        request = self.dialog.request(method, via=self._via(), headers=headers, body=body)
        _Asked(self._layer, self._hop, self._address, self._numbered, told).send(request)

    def invite_again(self, *, headers: Headers, body: bytes, told: Told) -> None:
        """A re-INVITE; each answer to it is acknowledged."""
        self.dialog = self.dialog.advance()
        request = self.dialog.request("INVITE", via=self._via(), headers=headers, body=body)
        _Reinvited(self, self._layer, self._address, told).send(request)

    def _numbered(self, request: Request) -> None:
        """A challenge made the request take another number."""
        self.dialog = replace(self.dialog, cseq=max(self.dialog.cseq, request.cseq[0]))

    @property
    def _address(self) -> Address:
        if self._hop.pinned:
            return self._hop.address
        return address_of(self.dialog.next_hop, self._hop.address)

    def _via(self) -> str:
        return self._layer.via(self._address.transport)


class _Asked:
    """One request and its answer, with credentials where they are asked for."""

    def __init__(
        self,
        layer: Layer,
        hop: Hop,
        address: Address,
        numbered: Callable[[Request], None],
        told: Told | None,
    ) -> None:
        self._layer = layer
        self._address = address
        self._auth = Authenticator(hop.username, hop.password)
        self._numbered = numbered
        self._told = told
        self._request: Request | None = None

    def send(self, request: Request) -> None:
        self._request = with_via(request, self._layer.via(self._address.transport))
        self._numbered(self._request)
        self._layer.ask(self._request, self._address, self)

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        again = self._auth.retry(self._request, response) if self._request else None
        if again is not None:
            self.send(again)
        elif self._told is not None:
            self._told(response)

    def gone(self, why: Gone) -> None:
        if self._told is not None:
            self._told(None)


class _Reinvited:
    """One re-INVITE, without credentials: who asks for them gets no refresh."""

    def __init__(self, talk: Conversation, layer: Layer, address: Address, told: Told) -> None:
        self._talk = talk
        self._layer = layer
        self._address = address
        self._told: Told | None = told
        self._ack: bytes | None = None

    def send(self, request: Request) -> None:
        self._dialog = self._talk.dialog
        self._layer.invite(request, self._address, self)

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        if response.status < 300:
            if self._ack is None:
                via = self._layer.via(self._address.transport)
                self._ack = self._dialog.request("ACK", via=via).encode()
            self._layer.send(self._ack, self._address)
        self._tell(response)

    def gone(self, why: Gone) -> None:
        self._tell(None)

    def _tell(self, response: Response | None) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(response)
