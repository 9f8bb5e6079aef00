"""The sealed form of a recording: an envelope that shows any change and opens in parts.

    magic (8) | length of header (4, big-endian) | header (JSON) | nonce (12) | wrapped key (48)
    | frame 0 | frame 1 | ...

Each recording has its own random data key, wrapped by the newest key of the key ring; the header
is the wrapping's associated data, so that a changed header is found before anything is read.
A frame is AES-256-GCM over `frame_bytes` of audio. Its nonce is its index (the data key is used
for this recording only); its associated data are the name, the index and whether it is the last,
so that frames can't be moved, swapped between recordings, or cut off at the end.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.keys import KeyRing
from recordings.vault import SealedRecording, VaultError

MAGIC = b"RFSEAL01"
FRAME_BYTES = 1 << 20
TAG_BYTES = 16
NONCE_BYTES = 12
WRAPPED_BYTES = NONCE_BYTES + 32 + TAG_BYTES
HEADER_MAX = 32 * 1024
PREFIX_MAX = len(MAGIC) + 4 + HEADER_MAX + WRAPPED_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a recording without its key; the side-car file has the same content."""

    recording: SealedRecording
    frame_bytes: int
    meta: Mapping[str, str]

    def to_json(self) -> bytes:
        recording = self.recording
        plain = {
            "name": recording.name,
            "sha256": recording.sha256,
            "bytes": recording.bytes,
            "duration_s": recording.duration_s,
            "sealed_at": recording.sealed_at.isoformat(),
            "key_id": recording.key_id,
            "frame_bytes": self.frame_bytes,
            "meta": dict(self.meta),
        }
        return json.dumps(plain, sort_keys=True, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Header:
        plain = json.loads(text)
        return cls(
            recording=SealedRecording(
                name=plain["name"],
                sha256=plain["sha256"],
                bytes=int(plain["bytes"]),
                duration_s=float(plain["duration_s"]),
                sealed_at=datetime.fromisoformat(plain["sealed_at"]),
                key_id=str(plain["key_id"]),
            ),
            frame_bytes=int(plain["frame_bytes"]),
            meta=plain["meta"],
        )

    @property
    def frames(self) -> int:
        """How many frames there are; a recording without a byte has one, empty."""
        return max(1, -(-self.recording.bytes // self.frame_bytes))


def sealed_chunks(source: BinaryIO, header: Header, keys: KeyRing) -> Iterator[bytes]:
    """The sealed form of `source`, piece by piece.

    The header's size and SHA-256 were taken in a first reading: VaultError at the end if the
    source is another by then.
    """
    text = header.to_json()
    if len(text) > HEADER_MAX:
        raise VaultError(f"recording {header.recording.name}: its description is too long")
    data_key = secrets.token_bytes(32)
    nonce = secrets.token_bytes(NONCE_BYTES)
    start = MAGIC + struct.pack(">I", len(text)) + text
    wrapping = AESGCM(keys.key(header.recording.key_id).secret)
    yield start + nonce + wrapping.encrypt(nonce, data_key, start)
    cipher = AESGCM(data_key)
    digest = hashlib.sha256()
    for index in range(header.frames):
        plain = source.read(header.frame_bytes)
        digest.update(plain)
        yield cipher.encrypt(_nonce(index), plain, _bound_to(header, index))
    if source.read(1) or digest.hexdigest() != header.recording.sha256:
        raise VaultError(f"recording {header.recording.name} changed while it was sealed")


class Opened:
    """An opened envelope: knows which bytes hold which frame, and opens one frame at a time."""

    def __init__(self, name: str, prefix: bytes, keys: KeyRing) -> None:
        """Check the first PREFIX_MAX bytes (or all) of a sealed recording.

        Raises VaultError for what is not the sealed form of `name`, UnknownKey without its key.
        """
        start = len(MAGIC) + 4
        length = int.from_bytes(prefix[len(MAGIC) : start], "big")
        self._first = start + length + WRAPPED_BYTES
        if prefix[: len(MAGIC)] != MAGIC or length > HEADER_MAX or len(prefix) < self._first:
            raise VaultError(f"recording {name} is not a sealed recording, or is cut short")
        try:
            self.header = Header.from_json(prefix[start : start + length])
        except (ValueError, KeyError, TypeError) as error:
            raise VaultError(f"recording {name}: its header is damaged") from error
        nonce = prefix[start + length : start + length + NONCE_BYTES]
        wrapped = prefix[start + length + NONCE_BYTES : self._first]
        key = keys.key(self.header.recording.key_id)
        try:
            data_key = AESGCM(key.secret).decrypt(nonce, wrapped, prefix[: start + length])
        except InvalidTag as error:
            raise VaultError(f"recording {name}: its header was changed") from error
        if self.header.recording.name != name:
            raise VaultError(f"recording {name} holds {self.header.recording.name}")
        self._cipher = AESGCM(data_key)

    def frames_of(self, start: int, end: int) -> range:
        """The frames that hold the audio bytes [start, end)."""
        size = self.header.frame_bytes
        return range(start // size, -(-end // size)) if start < end else range(0)

    def place_of(self, index: int) -> tuple[int, int]:
        """Where a frame lies in the sealed form: [first byte, end)."""
        size = self.header.frame_bytes
        begin = self._first + index * (size + TAG_BYTES)
        plain = min(size, self.header.recording.bytes - index * size)
        return begin, begin + plain + TAG_BYTES

    def frame(self, index: int, sealed: bytes) -> bytes:
        """The audio of one frame; VaultError if a bit of it was changed."""
        try:
            return self._cipher.decrypt(_nonce(index), sealed, _bound_to(self.header, index))
        except InvalidTag as error:
            name = self.header.recording.name
            raise VaultError(f"recording {name}: frame {index} was changed or cut") from error


def _nonce(index: int) -> bytes:
    return index.to_bytes(NONCE_BYTES, "big")


def _bound_to(header: Header, index: int) -> bytes:
    last = index == header.frames - 1
    return struct.pack(">Q?", index, last) + header.recording.name.encode()
