"""SRTP (RFC 3711) with keys from the session description (SDES, RFC 4568).

One suite, the one that everybody has: AES_CM_128_HMAC_SHA1_80. The cipher is libsrtp's.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from pylibsrtp import Error, Policy, Session

from dialer.telephony.wire.headers import Malformed

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_SIZE = 30
"""Octets of a master key and its salt."""

_LINE = re.compile(
    r"(\d{1,9})\s+(\S+)\s+inline:([A-Za-z0-9+/=]+)((?:\|[^|\s]*)*)((?:\s+\S+)*)\s*\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crypto:
    """One `a=crypto` line of our suite: its tag, and the master key with which its side sends."""

    tag: int
    key: bytes

    def encode(self) -> str:
        return f"{self.tag} {SUITE} inline:{base64.b64encode(self.key).decode()}"


def read_crypto(value: str) -> Crypto | None:
    """The line's value, or None for what we don't do: other suites, MKI, session parameters."""
    found = _LINE.match(value.strip())
    if found is None or found.group(2).upper() != SUITE:
        return None
    tag, _, inline, bounds, parameters = found.groups()
    if ":" in bounds or any(not one.upper().startswith("WSH=") for one in parameters.split()):
        return None
    try:
        key = base64.b64decode(inline, validate=True)
    except binascii.Error:
        return None
    return Crypto(tag=int(tag), key=key) if len(key) == KEY_SIZE else None


class Protection:
    """The audio of one call, encrypted: `ours` is the key that we send with, `theirs` they.

    It counts packets, so there is one for the life of a pair of keys.
    """

    def __init__(self, ours: bytes, theirs: bytes) -> None:
        self.keys = (ours, theirs)
        self._out = Session(Policy(key=ours, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self._in = Session(Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND))

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as it goes out."""
        return self._out.protect(packet)

    def unprotect(self, packet: bytes) -> bytes:
        """An RTP packet that has come in. Raises Malformed for a forged or repeated one."""
        try:
            return self._in.unprotect(packet)
        except (Error, TypeError, ValueError) as error:
            raise Malformed(f"SRTP: {error}") from error
