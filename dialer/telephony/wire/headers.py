"""Pieces of SIP header values: names, parameters, addresses, URIs and Via (RFC 3261, 20 and 25).

Reading is tolerant: whatever can be understood is understood; what can not be is `Malformed`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


class Malformed(Exception):
    """The text is not a SIP message, header or address that can be acted upon."""


COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
"""Compact header names (RFC 3261, 7.3.3, and the extensions that registered one)."""

_ODD_NAMES = {
    "call-id": "Call-ID",
    "cseq": "CSeq",
    "www-authenticate": "WWW-Authenticate",
    "rseq": "RSeq",
    "rack": "RAck",
    "min-se": "Min-SE",
    "mime-version": "MIME-Version",
    "p-asserted-identity": "P-Asserted-Identity",
}
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")
_PARAM = re.compile(r'\s*;\s*([^\s;=<>"]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,<>"]*))?')
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?:\s*:\s*(\d{1,5}))?\Z")
_VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*([A-Za-z0-9-]+)\s+(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
    r"(?:\s*:\s*(\d{1,5}))?",
    re.IGNORECASE,
)

Params = tuple[tuple[str, str | None], ...]


def canonical_name(name: str) -> str:
    """The usual spelling of a header name: `v` and `via` are `Via`."""
    if not _TOKEN.match(name):
        raise Malformed(f"header name {name[:40]!r}")
    low = name.lower()
    if low in COMPACT:
        return COMPACT[low]
    return _ODD_NAMES.get(low) or "-".join(part.capitalize() for part in low.split("-"))


def split_list(value: str) -> list[str]:
    """Split a value at its commas, but not inside quotes or angle brackets."""
    items, start, quoted, angle, escaped = [], 0, False, False, False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            angle = char == "<"
        elif char == "," and not angle:
            items.append(value[start:index].strip())
            start = index + 1
    items.append(value[start:].strip())
    return [item for item in items if item]


def read_params(text: str) -> Params:
    """Read `;name=value;flag`; names are lower-cased and quotes taken off."""
    return tuple(
        (name.lower(), unquote(value) if value is not None else None)
        for name, value in _iterate_params(text)
    )


def _iterate_params(text: str) -> list[tuple[str, str | None]]:
    return [(m.group(1), m.group(2)) for m in _PARAM.finditer(text)]


def unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def param(params: Params, name: str) -> str | None:
    """The value of a parameter; the empty string where it stands without one."""
    return next((value or "" for key, value in params if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uri:
    """A `sip:`, `sips:` or `tel:` address. For `tel:`, `user` is the number and `host` is empty."""

    text: str
    scheme: str
    user: str | None
    host: str
    port: int | None
    params: Params

    @property
    def loose(self) -> bool:
        """Whether a Route of this address routes loosely (RFC 3261, 16.4)."""
        return param(self.params, "lr") is not None


def parse_uri(text: str) -> Uri:
    """Read an address; any other scheme or a broken host is Malformed."""
    text = text.strip()
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in ("sip", "sips", "tel") or re.search(r"[\s<>]", text):
        raise Malformed(f"address {text[:60]!r}")
    if scheme == "tel":
        number, _, tail = rest.partition(";")
        return Uri(
            text=text,
            scheme=scheme,
            user=number,
            host="",
            port=None,
            params=read_params(";" + tail),
        )
    user, at, place = rest.rpartition("@")
    place, _, _headers = place.partition("?")
    hostport, semi, tail = place.partition(";")
    match = _HOST_PORT.match(hostport)
    if match is None or int(match.group(2) or 0) > 65535:
        raise Malformed(f"host of {text[:60]!r}")
    return Uri(
        text=text,
        scheme=scheme,
        user=user.partition(":")[0] if at else None,
        host=match.group(1).strip("[]"),
        port=int(match.group(2)) if match.group(2) else None,
        params=read_params(semi + tail),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A name-addr: display name, address and the header's own parameters."""

    display: str
    uri: str
    params: Params

    @property
    def tag(self) -> str | None:
        return param(self.params, "tag")


def parse_address(value: str) -> Address:
    """Read the value of From, To, Contact, Route and their kin, with or without `<>`."""
    value = value.strip()
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"\s*', value)
    after = value[quoted.end() :] if quoted else value
    opening = after.find("<")
    if opening >= 0:
        closing = after.find(">", opening)
        if closing < 0:
            raise Malformed(f"address {value[:60]!r}")
        display = unquote(quoted.group(0).strip()) if quoted else after[:opening].strip()
        return Address(
            display=display,
            uri=after[opening + 1 : closing].strip(),
            params=read_params(after[closing + 1 :]),
        )
    if quoted:
        raise Malformed(f"address {value[:60]!r}")
    uri, semi, tail = value.partition(";")
    return Address(display="", uri=uri.strip(), params=read_params(semi + tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """One hop: transport, host and port as sent, and parameters such as branch and rport."""

    transport: str
    host: str
    port: int | None
    params: Params

    @property
    def branch(self) -> str:
        return param(self.params, "branch") or ""


def parse_via(value: str) -> Via:
    match = _VIA.match(value.strip())
    if match is None or int(match.group(3) or 0) > 65535:
        raise Malformed(f"Via {value[:60]!r}")
    return Via(
        transport=match.group(1).upper(),
        host=match.group(2).strip("[]"),
        port=int(match.group(3)) if match.group(3) else None,
        params=read_params(value.strip()[match.end() :]),
    )
