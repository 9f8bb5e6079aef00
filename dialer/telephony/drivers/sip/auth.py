"""Answering digest challenges to requests of ours (RFC 3261, 22)."""

from __future__ import annotations

import secrets
from dataclasses import replace

from dialer.telephony.wire.digest import authorize, best_challenge
from dialer.telephony.wire.message import Headers, Request, Response

_HEADERS = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}


class Authenticator:
    """The credentials of one request: each realm is answered once, again only if stale."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._given: dict[tuple[str, str], str] = {}

    @property
    def headers(self) -> Headers:
        """What has been given so far, for an ACK of the same request."""
        return tuple((name, value) for (name, _), value in self._given.items())

    def retry(self, request: Request, response: Response) -> Request | None:
        """The request again with credentials and the next number; None if that is no use."""
        asked, given = _HEADERS.get(response.status, ("", ""))
        challenge = best_challenge(response.all(asked))
        if challenge is None or not self._username:
            return None
        key = (given, challenge.realm)
        if key in self._given and not challenge.stale:
            return None
        self._given[key] = authorize(
            challenge,
            username=self._username,
            password=self._password,
            method=request.method,
            uri=request.uri,
            cnonce=secrets.token_hex(8),
        )
        number, method = request.cseq
        ours = {name for _, name in _HEADERS.values()}
        kept = [
            (name, f"{number + 1} {method}" if name == "CSeq" else value)
            for name, value in request.headers
            if name not in ours
        ]
        return replace(request, headers=(*kept, *self.headers))


def with_via(request: Request, via: str) -> Request:
    """The request with a Via in front, in place of one that it may have."""
    kept = tuple(header for header in request.headers if header[0] != "Via")
    return replace(request, headers=(("Via", via), *kept))
