"""The signature of a webhook: HMAC-SHA-256 over the time and the raw body.

The header `Ringfence-Signature` reads `t=<unix seconds>,v1=<hex digest>`, where the digest is that
of `<t>.<raw body>` under the shared secret. The time is inside, so that an old delivery cannot be
replayed; several `v1` parts are allowed, so that a secret can be changed without a gap.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

SIGNATURE_HEADER = "Ringfence-Signature"
TOLERANCE_S = 300


class BadSignature(Exception):
    """The header is missing, malformed, too old, or not made with this secret over this body."""


def sign(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value for this body, sent at `at` (aware; the fraction of a second is cut)."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def verify(
    secret: bytes, body: bytes, header: str | None, now: datetime, tolerance_s: int = TOLERANCE_S
) -> None:
    """Raise BadSignature, with the reason, unless the header was made for this body lately."""
    if not header:
        raise BadSignature("no signature")
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    digests = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or not digests:
        raise BadSignature("not of the form t=<seconds>,v1=<hex>")
    seconds = int(times[0])
    if abs(now.timestamp() - seconds) > tolerance_s:
        raise BadSignature(f"made more than {tolerance_s} s from now")
    expected = _digest(secret, seconds, body)
    if not any(hmac.compare_digest(expected.encode(), digest.encode()) for digest in digests):
        raise BadSignature("does not match the body")


def _digest(secret: bytes, seconds: int, body: bytes) -> str:
    return hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
