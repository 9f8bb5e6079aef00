"""The key ring: key-encryption keys in a file that only its owner may read."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recordings.durable import write_durably

KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file can't be used; the message names the file and what is wrong with it."""


class UnknownKey(Exception):
    """Something was sealed under a key that the ring does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One 256-bit key-encryption key."""

    key_id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.key_id})"


class KeyRing:
    """Keys from oldest to newest: the newest seals, every one opens."""

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise KeyFileError("a key ring needs at least one key")
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) != len(keys):
            raise KeyFileError("a key id is used twice")
        self.newest = keys[-1]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def key(self, key_id: str) -> Key:
        """The key of that id; UnknownKey if the ring does not hold it."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKey(f"key {key_id} is not in the key ring") from None


def new_key() -> Key:
    """A fresh random key with a random id."""
    return Key(key_id=secrets.token_hex(4), secret=secrets.token_bytes(KEY_BYTES))


def open_key_ring(path: Path) -> KeyRing:
    """Read the key file; where there is none, make one with a fresh key, readable by its owner.

    Raises KeyFileError for a file that is damaged, or that others may read.
    """
    if not path.exists():
        _write(path, [new_key()], replace=False)
    return KeyRing(_read(path))


def rotate(path: Path) -> KeyRing:
    """Add a fresh key to the file; from now on it seals, while the old ones still open."""
    keys = [*_read(path), new_key()]
    _write(path, keys, replace=True)
    return KeyRing(keys)


def _read(path: Path) -> list[Key]:
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyFileError(f"key file {path}: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileError(f"key file {path} is open to others (mode {mode:03o}); make it 600")
    try:
        keys = [
            Key(key_id=str(entry["id"]), secret=base64.b64decode(entry["key"], validate=True))
            for entry in json.loads(text)["keys"]
        ]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise KeyFileError(f"key file {path} is damaged") from error
    for key in keys:
        if len(key.secret) != KEY_BYTES:
            raise KeyFileError(f"key file {path}: key {key.key_id} is not of {KEY_BYTES} bytes")
    return keys


def _write(path: Path, keys: Sequence[Key], *, replace: bool) -> None:
    entries = [
        {"id": key.key_id, "key": base64.b64encode(key.secret).decode("ascii")} for key in keys
    ]
    content = json.dumps({"keys": entries}, indent=1).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, [content], replace=replace)
    except OSError as error:
        raise KeyFileError(f"key file {path}: {error.strerror}") from error
