"""Answers to SIP requests as datagrams, and where they go."""

from __future__ import annotations

from dialer.telephony.wire.headers import param
from dialer.telephony.wire.message import Headers, Request, reply

Address = tuple[str, int]
DEFAULT_PORT = 5060


def answer(
    request: Request,
    source: Address,
    status: int,
    *headers: tuple[str, str],
    tag: str,
    body: bytes = b"",
) -> tuple[bytes, Address]:
    """The datagram and its destination: the source if it asked for `rport`, else the Via's port."""
    extra: Headers = (*headers, ("Server", "Ringfence town"))
    response = reply(request, status, to_tag=tag, headers=extra, body=body, source=source)
    via = request.via
    if param(via.params, "rport") is not None:
        return response.encode(), source
    return response.encode(), (source[0], via.port or DEFAULT_PORT)
