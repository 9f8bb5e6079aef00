"""An e-mail as octets: text and HTML, one-click unsubscribe (RFC 8058), sealed names. Pure.

Written out directly, since building a tree of message objects takes many times as long as to send
it. What is written here is read back by the standard library in the tests.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email.header import Header, decode_header, make_header
from email.utils import format_datetime, parseaddr, quote

from messaging.email.identity import MailIdentity
from messaging.message import EmailMessage

_MAX_LINE = 998  # RFC 5322, 2.1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message ready for SMTP; lines end in CRLF."""

    sender: str
    recipient: str
    message_id: str  # the header's value, with angle brackets
    octets: bytes


def compose(
    message: EmailMessage,
    *,
    identity: MailIdentity,
    list_id: str,
    now: datetime,
    reply_to: str | None = None,
) -> Envelope:
    """The envelope of a message. `list_id` is a name like `outreach.example.com` (RFC 2919).

    Raises ValueError for an address, a header or an unsubscribe link that may not go out.
    """
    name, sender = parseaddr(message.sender)
    for what, address in (("sender", sender), ("recipient", message.to)):
        _check_address(what, address)
    if not message.unsubscribe_url.startswith("https://"):
        raise ValueError("the unsubscribe link is not https")
    message_id = identity.message_id(message.message_id, sender.rsplit("@", 1)[1])
    headers = {
        "From": f"{_phrase(name)} <{sender}>" if name else sender,
        "To": message.to,
        "Subject": _words(message.subject),
        "Date": format_datetime(now),
        "Message-ID": message_id,
        "List-Unsubscribe": f"<{message.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{list_id}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
        "MIME-Version": "1.0",
    }
    if reply_to is not None:
        headers["Reply-To"] = reply_to
    boundary = "=_" + message_id.strip("<>").split("@")[0].rsplit("-", 1)[1]
    headers["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    octets = b"\r\n".join(
        [
            *(_header(key, value) for key, value in headers.items()),
            b"",
            f"--{boundary}".encode(),
            _part("plain", message.text),
            f"--{boundary}".encode(),
            _part("html", message.html),
            f"--{boundary}--".encode(),
            b"",
        ]
    )
    return Envelope(
        sender=identity.return_path(message.message_id),
        recipient=message.to,
        message_id=message_id,
        octets=octets,
    )


def _check_address(what: str, address: str) -> None:
    local, _, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' <>,;:"()[]\\')
    if not (local and domain and plain):
        raise ValueError(f"the {what} is not an e-mail address")


def _words(value: str) -> str:
    """Words for a header: as they are, or as encoded words (RFC 2047)."""
    if not value.isprintable():
        raise ValueError("a header would not be one line")
    if value.isascii() and len(value) <= 70 and "=?" not in value:
        return value
    return Header(value, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _phrase(name: str) -> str:
    """A display name, quoted where it must be (RFC 5322, 3.2.3); it may come as encoded words."""
    name = str(make_header(decode_header(name)))
    words = _words(name)
    return f'"{quote(name)}"' if words == name and set(name) & set('<>"(),;:@.[]\\') else words


def _header(key: str, value: str) -> bytes:
    line = f"{key}: {value}"
    if not all(part.isascii() and part.isprintable() for part in line.split("\r\n ")):
        raise ValueError(f"the header {key} would not be one line of ASCII")
    if max(map(len, line.split("\r\n"))) > _MAX_LINE:
        raise ValueError(f"the header {key} is longer than {_MAX_LINE} characters")
    return line.encode("ascii")


def _part(subtype: str, content: str) -> bytes:
    lines = content.splitlines()
    if content.isascii() and all(len(line) <= _MAX_LINE for line in lines):
        encoding, body = "7bit", "\r\n".join(lines).encode("ascii")
    else:
        encoding = "base64"
        body = base64.encodebytes("\r\n".join(lines).encode()).rstrip().replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode() + body
