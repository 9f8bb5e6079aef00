"""Digest authentication, both sides (RFC 7616, RFC 8760): MD5 and SHA-256, qop=auth or none.

The client answers a challenge; the server makes one and checks the answer. `auth-int` and the
session algorithms are not offered and not answered.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_PAIR = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a server asks for in WWW-Authenticate or Proxy-Authenticate."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    qop: bool = False  # whether qop=auth is offered
    stale: bool = False

    def encode(self) -> str:
        parts = [f'realm="{self.realm}"', f'nonce="{self.nonce}"', f"algorithm={self.algorithm}"]
        parts += [f'opaque="{self.opaque}"'] if self.opaque is not None else []
        parts += ['qop="auth"'] if self.qop else []
        parts += ["stale=true"] if self.stale else []
        return "Digest " + ", ".join(parts)


def _fields(value: str) -> dict[str, str] | None:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    return {name.lower(): _plain(text) for name, text in _PAIR.findall(rest)}


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def read_challenge(value: str) -> Challenge | None:
    """The challenge in one header value, or None where we could not answer it."""
    fields = _fields(value)
    if fields is None or "nonce" not in fields:
        return None
    algorithm = fields.get("algorithm", "MD5").upper()
    offered = [item.strip().lower() for item in fields.get("qop", "").split(",") if item.strip()]
    if algorithm not in ALGORITHMS or (offered and "auth" not in offered):
        return None
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        opaque=fields.get("opaque"),
        qop=bool(offered),
        stale=fields.get("stale", "").lower() == "true",
    )


def best_challenge(values: tuple[str, ...]) -> Challenge | None:
    """Of several challenges, the strongest that we can answer."""
    known = [challenge for value in values if (challenge := read_challenge(value))]
    return max(known, key=lambda c: c.algorithm == "SHA-256", default=None)


def authorize(
    challenge: Challenge,
    *,
    username: str,
    password: str,
    method: str,
    uri: str,
    cnonce: str,
    count: int = 1,
) -> str:
    """The value of Authorization or Proxy-Authorization. `count` is the nonce's use, from 1."""
    nc = f"{count:08x}"
    response = _response(
        challenge,
        user=username,
        password=password,
        target=f"{method}:{uri}",
        nc=nc,
        cnonce=cnonce,
    )
    parts = [
        f'username="{_escape(username)}"',
        f'realm="{_escape(challenge.realm)}"',
        f'nonce="{_escape(challenge.nonce)}"',
        f'uri="{uri}"',
        f'response="{response}"',
        f"algorithm={challenge.algorithm}",
    ]
    parts += [f'opaque="{_escape(challenge.opaque)}"'] if challenge.opaque is not None else []
    parts += [f'qop=auth, nc={nc}, cnonce="{cnonce}"'] if challenge.qop else []
    return "Digest " + ", ".join(parts)


def claimed_user(value: str) -> str | None:
    """The user name in a client's answer, which still has to be proved."""
    return (_fields(value) or {}).get("username")


def nonce_use(value: str) -> tuple[str, int] | None:
    """The nonce of a client's answer with qop, and which use of it this is."""
    fields = _fields(value) or {}
    count = fields.get("nc", "")
    if "nonce" not in fields or not re.fullmatch(r"[0-9a-fA-F]{8}", count):
        return None
    return fields["nonce"], int(count, 16)


def verify(value: str, challenge: Challenge, *, username: str, password: str, method: str) -> bool:
    """Whether a client's answer proves `password` for our own `challenge`."""
    fields = _fields(value)
    if fields is None or fields.get("username") != username:
        return False
    if fields.get("nonce") != challenge.nonce or fields.get("realm") != challenge.realm:
        return False
    if fields.get("algorithm", "MD5").upper() != challenge.algorithm:
        return False
    if challenge.qop and fields.get("qop") != "auth":
        return False
    expected = _response(
        challenge,
        user=username,
        password=password,
        target=f"{method}:{fields.get('uri', '')}",
        nc=fields.get("nc", ""),
        cnonce=fields.get("cnonce", ""),
    )
    return hmac.compare_digest(expected.encode(), fields.get("response", "").lower().encode())


def _response(
    challenge: Challenge, *, user: str, password: str, target: str, nc: str, cnonce: str
) -> str:
    def h(text: str) -> str:
        return ALGORITHMS[challenge.algorithm](text.encode()).hexdigest()

    secret, told = h(f"{user}:{challenge.realm}:{password}"), h(target)
    if challenge.qop:
        return h(f"{secret}:{challenge.nonce}:{nc}:{cnonce}:auth:{told}")
    return h(f"{secret}:{challenge.nonce}:{told}")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
