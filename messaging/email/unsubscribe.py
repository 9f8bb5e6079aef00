"""The link that ends our messages with one click (RFC 8058), and the request that it brings. Pure.

A link checker in a mailbox opens every link: GET therefore never unsubscribes, it shows a page
whose button posts what the mailbox's own button posts. No log-in, no cookie, no redirect.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from enum import StrEnum
from urllib.parse import parse_qs

_SEAL = 16  # octets
_PAIR = ("List-Unsubscribe", "One-Click")
_MAX_BODY = 10_000


class BadToken(ValueError):
    """The token of a link was not made here, or was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a link ends: messages on one channel to one contact point of one person."""

    person_id: str
    contact_point: str
    channel: str


class Answer(StrEnum):
    """What a request to the link asks for."""

    SHOW_PAGE = "show_page"
    OPT_OUT = "opt_out"
    REFUSE = "refuse"


def make_token(subscription: Subscription, key: bytes) -> str:
    """The token of a link, fit for a URL's path. It does not expire: nor does the wish."""
    payload = json.dumps(
        [subscription.person_id, subscription.contact_point, subscription.channel],
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    return base64.urlsafe_b64encode(_seal(key, payload) + payload).decode().rstrip("=")


def read_token(token: str, keys: Sequence[bytes]) -> Subscription:
    """What a token stands for, if one of `keys` sealed it. Raises BadToken."""
    try:
        octets = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadToken("the link is not one of ours") from None
    seal, payload = octets[:_SEAL], octets[_SEAL:]
    if not any(hmac.compare_digest(seal, _seal(key, payload)) for key in keys):
        raise BadToken("the link is not one of ours")
    person_id, contact_point, channel = json.loads(payload)
    return Subscription(person_id=person_id, contact_point=contact_point, channel=channel)


def read_request(method: str, content_type: str, body: bytes) -> Answer:
    """What a request asks for. Only a POST of `List-Unsubscribe=One-Click` is an opt-out."""
    if method in {"GET", "HEAD"}:
        return Answer.SHOW_PAGE
    if method != "POST" or len(body) > _MAX_BODY:
        return Answer.REFUSE
    return Answer.OPT_OUT if _PAIR in _fields(content_type, body) else Answer.REFUSE


def _fields(content_type: str, body: bytes) -> set[tuple[str, str]]:
    """Fields of a form in either encoding that RFC 8058 allows."""
    kind = content_type.split(";", 1)[0].strip().casefold()
    if kind == "application/x-www-form-urlencoded":
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
        return {(name, value) for name, values in form.items() for value in values}
    if kind != "multipart/form-data" or not content_type.isprintable():
        return set()
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    parsed: Message = BytesParser().parsebytes(head + body)
    return {
        (str(part.get_param("name", header="content-disposition")), _value(part))
        for part in parsed.walk()
        if not part.is_multipart()
    }


def _value(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace").strip() if isinstance(payload, bytes) else ""


def _seal(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, b"unsubscribe:" + payload, hashlib.sha256)[:_SEAL]
