"""SIP messages as values: tolerant reading and exact writing (RFC 3261, 7).

Understood on reading: compact and lower-case header names, folded lines, no blank or many blanks
around the colon, bare line feeds, leading blank lines, methods and status codes that nobody
registered. `Malformed` is the only error. Headers keep their order and their original values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pyVoIP.SIP import SIPStatus

from dialer.telephony.wire.headers import (
    Malformed,
    Via,
    canonical_name,
    param,
    parse_address,
    parse_via,
    split_list,
)

__all__ = ["Headers", "Malformed", "Message", "Request", "Response", "parse", "phrase", "reply"]

Headers = tuple[tuple[str, str], ...]
Source = tuple[str, int] | tuple[str, int, str]
"""Where a message came from: host, port, and it may be the transport."""

MAX_SIZE = 65_535
MAX_HEADERS = 256
_LISTS = frozenset({"Via", "Route", "Record-Route", "Contact", "Allow", "Supported", "Require"})
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
_SINGLE = ("From", "To", "Call-ID", "CSeq")
_METHOD = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")
_CSEQ = re.compile(r"(\d{1,10})\s+(\S+)\Z")


class _Headed:
    """Reading of headers, common to requests and responses."""

    __slots__ = ()
    headers: Headers

    def get(self, name: str) -> str | None:
        """The first value of a header by its usual name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a header, comma-separated ones apart."""
        found = [value for key, value in self.headers if key == name]
        if name in _LISTS:
            found = [item for value in found for item in split_list(value)]
        return tuple(found)

    @property
    def call_id(self) -> str:
        return self.get("Call-ID") or ""

    @property
    def cseq(self) -> tuple[int, str]:
        """Sequence number and method."""
        match = _CSEQ.match((self.get("CSeq") or "").strip())
        if match is None or int(match.group(1)) >= 2**32:
            raise Malformed(f"CSeq {self.get('CSeq')!r}")
        return int(match.group(1)), match.group(2)

    @property
    def from_tag(self) -> str | None:
        return parse_address(self.get("From") or "").tag

    @property
    def to_tag(self) -> str | None:
        return parse_address(self.get("To") or "").tag

    @property
    def via(self) -> Via:
        """The topmost Via."""
        return parse_via(next(iter(self.all("Via")), ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(_Headed):
    method: str
    uri: str
    headers: Headers
    body: bytes = b""

    def encode(self) -> bytes:
        return _encode(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)

    def with_headers(self, *extra: tuple[str, str]) -> Request:
        """The same request with headers added at the end."""
        return replace(self, headers=(*self.headers, *extra))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(_Headed):
    status: int
    phrase: str
    headers: Headers
    body: bytes = b""

    def encode(self) -> bytes:
        return _encode(f"SIP/2.0 {self.status} {self.phrase}", self.headers, self.body)

    @property
    def provisional(self) -> bool:
        return self.status < 200


Message = Request | Response


def parse(data: bytes) -> Message:
    """Read one datagram. Raises Malformed for anything that can't be acted upon."""
    if len(data) > MAX_SIZE:
        raise Malformed("too long")
    head, body = _split(data)
    lines = _unfold(head.decode("utf-8", "surrogateescape"))
    if not lines:
        raise Malformed("empty")
    headers = tuple(_header(line) for line in lines[1:])
    if len(headers) > MAX_HEADERS:
        raise Malformed("too many headers")
    message = _start_line(lines[0], headers, _cut(headers, body))
    _check(message)
    return message


def _split(data: bytes) -> tuple[bytes, bytes]:
    data = data.lstrip(b"\r\n")
    match = re.search(rb"\r?\n\r?\n", data)
    if match is None:
        return data.rstrip(b"\r\n"), b""
    return data[: match.start()], data[match.end() :]


def _unfold(text: str) -> list[str]:
    lines: list[str] = []
    for line in re.split(r"\r?\n", text):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        elif line:
            lines.append(line)
    return lines


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise Malformed(f"header {line[:40]!r}")
    return canonical_name(name.strip()), value.strip()


def _cut(headers: Headers, body: bytes) -> bytes:
    """The body that Content-Length announces; what follows it in a datagram is not ours."""
    lengths = {value for name, value in headers if name == "Content-Length"}
    if not lengths:
        return body
    if len(lengths) > 1:
        raise Malformed("several Content-Length")
    (stated,) = lengths
    if not stated.isascii() or not stated.isdigit() or len(stated) > 9:
        raise Malformed(f"Content-Length {stated[:20]!r}")
    if int(stated) > len(body):
        raise Malformed("shorter than its Content-Length")
    return body[: int(stated)]


def _start_line(line: str, headers: Headers, body: bytes) -> Message:
    if line[:8].upper() == "SIP/2.0 ":
        code, _, text = line[8:].strip().partition(" ")
        if not (code.isascii() and code.isdigit() and 100 <= int(code) <= 699):
            raise Malformed(f"status {code[:20]!r}")
        return Response(status=int(code), phrase=text, headers=headers, body=body)
    parts = line.split()
    if len(parts) != 3 or parts[2].upper() != "SIP/2.0" or not _METHOD.match(parts[0]):
        raise Malformed(f"start line {line[:60]!r}")
    return Request(method=parts[0], uri=parts[1], headers=headers, body=body)


def _check(message: Message) -> None:
    for name in _NEEDED:
        if not message.get(name):
            raise Malformed(f"no {name}")
    for name in _SINGLE:
        if len(set(message.all(name))) > 1:
            raise Malformed(f"several {name}")
    _, method = message.cseq
    if isinstance(message, Request) and method != message.method:
        raise Malformed("CSeq names another method")
    for name in ("From", "To"):
        parse_address(message.get(name) or "")
    _ = message.via


def phrase(status: int) -> str:
    """The reason phrase of a status; for one that nobody registered, that of its class."""
    for known in (status, status // 100 * 100):
        try:
            return str(SIPStatus(known).phrase)
        except ValueError:
            continue
    return "Unknown"


def reply(
    request: Request,
    status: int,
    *,
    to_tag: str | None = None,
    headers: Headers = (),
    body: bytes = b"",
    source: Source | None = None,
) -> Response:
    """Answer a request as RFC 3261, 8.2.6 says: its Via, From, To, Call-ID and CSeq come back.

    `to_tag` is added where the request has none; `source` is where the datagram came from, for
    `received` and `rport` (RFC 3581). Record-Route comes back in answers that make a dialog.
    """
    vias = list(request.all("Via"))
    if source is not None:
        vias[0] = _stamp(vias[0], source)
    to = request.get("To") or ""
    if to_tag is not None and status > 100 and request.to_tag is None:
        to = f"{to};tag={to_tag}"
    routes = request.all("Record-Route") if 100 < status < 300 else ()
    return Response(
        status=status,
        phrase=phrase(status),
        headers=(
            *(("Via", via) for via in vias),
            *(("Record-Route", route) for route in routes),
            ("From", request.get("From") or ""),
            ("To", to),
            ("Call-ID", request.call_id),
            ("CSeq", request.get("CSeq") or ""),
            *headers,
        ),
        body=body,
    )


def _stamp(value: str, source: Source) -> str:
    via = parse_via(value)
    if param(via.params, "rport") is not None:
        value = re.sub(r";\s*rport(\s*=\s*\d*)?(?=\s*(;|$))", f";rport={source[1]}", value)
        return f"{value};received={source[0]}"
    return value if via.host == source[0] else f"{value};received={source[0]}"


def _encode(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start]
    lines += [f"{name}: {value}" for name, value in headers if name != "Content-Length"]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body
