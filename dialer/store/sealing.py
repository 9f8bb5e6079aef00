"""Columns with personal data: sealed at rest by AES-256-GCM, and found again by a blind index.

A sealed value is `key id:base64(nonce, ciphertext, tag)`; the column's name is bound into it, so
that a value does not open in another column. A blind index is a keyed digest (HMAC-SHA-256) of the
value: equal values have equal digests, which serves a look-up and tells nothing without the key.
Both are column types, so that statements read as over plain text:
`select(points).where(points.c.value_key == number)`. What such a column returns is the digest.

The keys belong to the engine: `equip` once, before its first statement. Without keys there is
neither reading nor writing of these columns.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator

from recordings.keys import KeyRing

NONCE_BYTES = 12
REMEMBERED = 16_384
"""So many digests are remembered: an import asks for those of a chunk several times."""
DIGEST_CHARS = 32
"""A digest is cut to 128 bits (RFC 2104, section 5): no two of a store's values will ever meet."""


class SealBroken(Exception):
    """A sealed value was changed, or stands in another column than it was written to."""


class ColumnKeys:
    """What a key ring gives the case store: a cipher for each key, and digests for look-ups."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._ciphers: dict[str, AESGCM] = {}
        self.digest = lru_cache(REMEMBERED)(self._digest)
        """`digest(what, value)`: the keyed digest; `what` keeps different meanings apart."""

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self.ring.newest.key_id

    def seal(self, column: str, plain: bytes) -> bytes:
        """The nonce and what AES-256-GCM makes of `plain` under the newest key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(self.newest).encrypt(nonce, plain, column.encode())

    def open(self, column: str, key_id: str, sealed: bytes) -> bytes:
        """The plain value. Raises SealBroken, UnknownKey."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher(key_id).decrypt(nonce, rest, column.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"a value of {column} does not open") from error

    def _digest(self, what: str, value: str) -> str:
        told = f"{what}\0{value}".encode()
        return hmac.digest(self.ring.index, told, "sha256").hex()[:DIGEST_CHARS]

    def _cipher(self, key_id: str) -> AESGCM:
        found = self._ciphers.get(key_id)
        if found is None:
            secret = hmac.digest(self.ring.key(key_id).secret, b"columns", "sha256")
            found = self._ciphers[key_id] = AESGCM(secret)
        return found


_keys: WeakKeyDictionary[Dialect, ColumnKeys] = WeakKeyDictionary()


def equip(dialect: Dialect, ring: KeyRing) -> None:
    """Give an engine's dialect the keys of its sealed columns."""
    if not ring.index:
        raise ValueError("the key ring has no key for look-ups")
    _keys[dialect] = ColumnKeys(ring)


def keys_of(dialect: Dialect) -> ColumnKeys:
    """The keys that `equip` gave. Raises LookupError where it did not."""
    found = _keys.get(dialect)
    if found is None:
        raise LookupError("the case store was opened without the keys of its sealed columns")
    return found


def key_prefix(key_id: str) -> str:
    """How every text begins that was sealed under this key."""
    return f"{key_id}:"


class Sealed(TypeDecorator[str]):
    """Text that is sealed at rest. `name` is `table.column`, and is bound into each value."""

    impl = Text
    cache_ok = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        keys, name = keys_of(dialect), self.name

        def seal(value: str | None) -> str | None:
            if value is None:
                return None
            sealed = base64.b64encode(keys.seal(name, value.encode())).decode("ascii")
            return f"{keys.newest}:{sealed}"

        return seal

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], str | None]:
        keys, name = keys_of(dialect), self.name

        def unseal(value: str | None) -> str | None:
            if value is None:
                return None
            key_id, _, text = value.partition(":")
            try:
                sealed = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise SealBroken(f"a value of {name} is not sealed") from error
            return keys.open(name, key_id, sealed).decode()

        return unseal


class SealedJson(TypeDecorator[Any]):
    """A small JSON document that is sealed at rest."""

    impl = Text
    cache_ok = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        seal = Sealed(self.name).bind_processor(dialect)
        return lambda value: None if value is None else seal(json.dumps(value, ensure_ascii=False))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        unseal = Sealed(self.name).result_processor(dialect, coltype)

        def read(value: str | None) -> Any:
            plain = unseal(value)
            return None if plain is None else json.loads(plain)

        return read


class SealedBytes(TypeDecorator[bytes]):
    """Content that is sealed at rest: the key's id, a colon, and the sealed bytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def bind_processor(self, dialect: Dialect) -> Callable[[bytes | None], bytes | None]:
        keys, name = keys_of(dialect), self.name

        def seal(value: bytes | None) -> bytes | None:
            if value is None:
                return None
            return key_prefix(keys.newest).encode() + keys.seal(name, value)

        return seal

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[bytes | None], bytes | None]:
        keys, name = keys_of(dialect), self.name

        def unseal(value: bytes | None) -> bytes | None:
            if value is None:
                return None
            key_id, _, sealed = bytes(value).partition(b":")
            return keys.open(name, key_id.decode("ascii", "replace"), sealed)

        return unseal


class BlindIndex(TypeDecorator[str]):
    """Plain value in, keyed digest at rest and out. `what` names the meaning: number, name, word.

    Give it the value in its one normal form; a digest that came out must not be put in again.
    """

    impl = String(DIGEST_CHARS)
    cache_ok = True

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        keys, what = keys_of(dialect), self.what
        return lambda value: None if value is None else keys.digest(what, value)

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None
