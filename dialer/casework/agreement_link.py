"""The link by which a consumer reads an agreement and accepts it: signed, for one use, in time.

A token says which offer it opens and until when; what it opens is in the store. Reading and
accepting need different tokens: the second is only on the page that shows the text. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from enum import StrEnum

_SEAL, _UNTIL = 16, 5  # octets


class BadLink(ValueError):
    """The link was not made here, was changed, or is for something else."""


class LinkExpired(ValueError):
    """The link was ours; its time is over."""


class Use(StrEnum):
    """What one token is good for."""

    READ = "read"
    ACCEPT = "accept"


def make_token(use: Use, offer: str, until: datetime, key: bytes) -> str:
    """A token fit for a URL's path; `until` to the second."""
    payload = int(until.timestamp()).to_bytes(_UNTIL, "big") + offer.encode()
    return _text(_seal(use, payload, key) + payload)


def read_token(use: Use, token: str, key: bytes, now: datetime) -> str:
    """The offer that a token opens. Raises BadLink, LinkExpired."""
    try:
        octets = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadLink("the link is not one of ours") from None
    seal, payload = octets[:_SEAL], octets[_SEAL:]
    if _text(octets) != token or not hmac.compare_digest(seal, _seal(use, payload, key)):
        raise BadLink("the link is not one of ours")
    if now >= datetime.fromtimestamp(int.from_bytes(payload[:_UNTIL], "big"), UTC):
        raise LinkExpired("the link is too old")
    return payload[_UNTIL:].decode()


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _seal(use: Use, payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, f"agreement:{use}:".encode() + payload, hashlib.sha256)[:_SEAL]
