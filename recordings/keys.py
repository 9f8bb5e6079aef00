"""The key ring: keys in a file that only its owner may read, or given whole by the environment.

Its keys seal recordings and, each by a key derived from it, the columns of the case store that
hold personal data. The index key is apart from them: it never seals anything, and it stays the
same when keys are rotated, so that what was indexed is still found.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Sequence
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
    """Keys from oldest to newest: the newest seals, every one opens.

    `index` is the key of look-ups. With `reread`, a key that is not known is looked for once more
    where the ring came from: a running service learns of a rotation that way.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        index: bytes = b"",
        *,
        reread: Callable[[], KeyRing] | None = None,
    ) -> None:
        if not keys:
            raise KeyFileError("a key ring needs at least one key")
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) != len(keys):
            raise KeyFileError("a key id is used twice")
        self.newest = keys[-1]
        self.index = index
        self._reread = reread

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def key(self, key_id: str) -> Key:
        """The key of that id; UnknownKey if the ring does not hold it."""
        if key_id not in self._keys and self._reread is not None:
            again = self._reread()
            self._keys, self.newest = again._keys, again.newest
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKey(f"key {key_id} is not in the key ring") from None


def new_key() -> Key:
    """A fresh random key with a random id."""
    return Key(key_id=secrets.token_hex(4), secret=secrets.token_bytes(KEY_BYTES))


def new_key_ring() -> KeyRing:
    """A ring of one fresh key, kept nowhere."""
    return KeyRing([new_key()], secrets.token_bytes(KEY_BYTES))


def open_key_ring(path: Path) -> KeyRing:
    """Read the key file; where there is none, make one with a fresh key, readable by its owner.

    Raises KeyFileError for a file that is damaged, or that others may read.
    """
    if not path.exists():
        made = new_key_ring()
        _write(path, [made.newest], made.index, replace=False)
    ring = _read(path)
    if not ring.index:
        keys = [ring.key(key_id) for key_id in ring.ids]
        _write(path, keys, secrets.token_bytes(KEY_BYTES), replace=True)
        ring = _read(path)
    return ring


def read_key_ring(text: str, source: str) -> KeyRing:
    """A ring from the text of a key file; `source` names it in errors. Raises KeyFileError."""
    try:
        entries = json.loads(text)
        keys = [Key(key_id=str(entry["id"]), secret=_secret(entry)) for entry in entries["keys"]]
        index = _secret(entries["index"]) if "index" in entries else b""
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise KeyFileError(f"{source} is damaged") from error
    for key in keys:
        if len(key.secret) != KEY_BYTES:
            raise KeyFileError(f"{source}: key {key.key_id} is not of {KEY_BYTES} bytes")
    if index and len(index) != KEY_BYTES:
        raise KeyFileError(f"{source}: the index key is not of {KEY_BYTES} bytes")
    return KeyRing(keys, index)


def rotate(path: Path) -> KeyRing:
    """Add a fresh key to the file; from now on it seals, while the old ones still open."""
    ring = open_key_ring(path)
    keys = [*(ring.key(key_id) for key_id in ring.ids), new_key()]
    _write(path, keys, ring.index, replace=True)
    return _read(path)


def _read(path: Path) -> KeyRing:
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyFileError(f"key file {path}: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileError(f"key file {path} is open to others (mode {mode:03o}); make it 600")
    ring = read_key_ring(text, f"key file {path}")
    return KeyRing([ring.key(i) for i in ring.ids], ring.index, reread=lambda: _read(path))


def _secret(entry: dict[str, str]) -> bytes:
    return base64.b64decode(entry["key"], validate=True)


def _entry(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _write(path: Path, keys: Sequence[Key], index: bytes, *, replace: bool) -> None:
    entries = [{"id": key.key_id, "key": _entry(key.secret)} for key in keys]
    content = json.dumps({"keys": entries, "index": {"key": _entry(index)}}, indent=1).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, [content], replace=replace)
    except OSError as error:
        raise KeyFileError(f"key file {path}: {error.strerror}") from error
