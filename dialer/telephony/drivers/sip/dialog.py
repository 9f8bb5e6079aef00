"""Dialogs (RFC 3261, 12): the tags, numbers and route that requests inside a call carry."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dialer.telephony.wire.headers import Malformed, Uri, parse_address, parse_uri
from dialer.telephony.wire.message import Headers, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A dialog, whoever began it. `local` and `remote` are From and To with their tags."""

    call_id: str
    local: str
    remote: str
    target: str  # where requests go in the end: the far side's Contact
    routes: tuple[str, ...]
    cseq: int

    @property
    def remote_tag(self) -> str:
        return parse_address(self.remote).tag or ""

    @property
    def next_hop(self) -> Uri:
        """The address that the next request is sent to."""
        return parse_uri(parse_address(self.routes[0]).uri if self.routes else self.target)

    def advance(self) -> Dialog:
        return replace(self, cseq=self.cseq + 1)

    def request(
        self, method: str, *, via: str, headers: Headers = (), body: bytes = b""
    ) -> Request:
        """A request with the present number; an ACK takes that of the INVITE."""
        uri, routes = self.target, self.routes
        if routes and not parse_uri(parse_address(routes[0]).uri).loose:
            # A strict router takes the request's own address and finds the target at the end.
            uri, routes = parse_address(routes[0]).uri, (*routes[1:], f"<{self.target}>")
        return Request(
            method=method,
            uri=uri,
            headers=(
                ("Via", via),
                *(("Route", route) for route in routes),
                ("Max-Forwards", "70"),
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self.cseq} {method}"),
                *headers,
            ),
            body=body,
        )


def dialog_of(invite: Request, response: Response) -> Dialog:
    """The dialog that a 2xx to our INVITE makes.

    A Contact or route that can't be read is left out: the answer has to be acknowledged anyhow.
    """
    contacts = [uri for value in response.all("Contact") if (uri := _readable(value))]
    routes = [value for value in response.all("Record-Route") if _readable(value)]
    return Dialog(
        call_id=invite.call_id,
        local=invite.get("From") or "",
        remote=response.get("To") or "",
        target=contacts[0] if contacts else invite.uri,
        routes=tuple(reversed(routes)),
        cseq=invite.cseq[0],
    )


def dialog_of_request(invite: Request, response: Response) -> Dialog:
    """The dialog that our 2xx to an INVITE makes. Raises Malformed for a Contact that is none."""
    contacts = [uri for value in invite.all("Contact") if (uri := _readable(value))]
    if not contacts:
        raise Malformed("INVITE without a usable Contact")
    return Dialog(
        call_id=invite.call_id,
        local=response.get("To") or "",
        remote=invite.get("From") or "",
        target=contacts[0],
        routes=tuple(value for value in invite.all("Record-Route") if _readable(value)),
        cseq=0,
    )


def _readable(value: str) -> str | None:
    try:
        uri = parse_address(value).uri
        return uri if parse_uri(uri).host else None
    except Malformed:
        return None
