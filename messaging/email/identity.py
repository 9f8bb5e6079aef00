"""Names of our messages in mail: Message-ID and return path, each with a seal that proves it ours.

A bounce or a reply leads back to the message only through a name that we sealed; others cannot
make one up. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = re.compile(r"(?!x-)[a-z0-9][a-z0-9-]*")
_MAX_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_TOKEN = re.compile(r"[a-z0-9-]+-[a-z2-7]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailIdentity:
    """`bounce_address` gets the bounces, under sub-addresses: bounces+TOKEN@example.com.

    `keys`: the first seals, all are recognised, so that a key can be changed while mail is out.
    Letter case is lost on the way of mail, so names are of lower case only.
    """

    bounce_address: str
    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) < 16 for key in self.keys):
            raise ValueError("a mail identity needs a key of at least 16 octets")
        if self.bounce_address.count("@") != 1:
            raise ValueError("the bounce address is not an e-mail address")

    def message_id(self, message_id: str, domain: str) -> str:
        """The Message-ID header of a message of ours."""
        return f"<{self._token(message_id)}@{domain}>"

    def return_path(self, message_id: str) -> str:
        """The envelope sender of a message of ours. Raises ValueError for an id too long."""
        local, domain = self.bounce_address.split("@")
        local = f"{local}+{self._token(message_id)}"
        if len(local) > _MAX_LOCAL:
            raise ValueError(f"message id {message_id!r} is too long for a return path")
        return f"{local}@{domain}"

    def recognise(self, names: Iterable[str]) -> str | None:
        """Our message id in the first of these addresses or Message-IDs that carries our seal."""
        for name in names:
            local = name.strip().strip("<>").rsplit("@", 1)[0].casefold()
            token = local.rsplit("+", 1)[-1]
            if _TOKEN.fullmatch(token):
                encoded, seal = token.rsplit("-", 1)
                if any(hmac.compare_digest(seal, _seal(key, encoded)) for key in self.keys):
                    return _decode(encoded)
        return None

    def _token(self, message_id: str) -> str:
        encoded = _encode(message_id)
        return f"{encoded}-{_seal(self.keys[0], encoded)}"


def _seal(key: bytes, encoded: str) -> str:
    digest = hmac.digest(key, b"mail-identity:" + encoded.encode(), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().casefold()


def _encode(message_id: str) -> str:
    if _PLAIN.fullmatch(message_id):
        return message_id
    return "x-" + base64.b32encode(message_id.encode()).decode().rstrip("=").casefold()


def _decode(encoded: str) -> str | None:
    if not encoded.startswith("x-"):
        return encoded
    digits = encoded[2:].upper()
    try:
        return base64.b32decode(digits + "=" * (-len(digits) % 8)).decode()
    except ValueError:
        return None
