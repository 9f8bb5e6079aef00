"""The form of the ledger: canonical bytes, a hash chain per stream, and a Merkle root over many.

Pure: this module reads no store and no clock. A writer appends an `Entry` whose hash covers the
one before it, so that an edit, a deletion, a change of order or a cut tail is found by `verify`.
The tree is that of RFC 6962 section 2.1 (leaf prefix 0x00, node prefix 0x01, SHA-256), so that
one root binds many streams and a proof of one leaf needs only a few hashes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any

GENESIS = "0" * 64
"""The hash that the first entry of every stream follows."""

_LEAF = b"\x00"
_NODE = b"\x01"


class NotCanonical(TypeError):
    """A value has no single canonical form; the message names the path to it."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"${path}: {reason}")
        self.reason = reason
        self.path = path

    def under(self, step: str) -> NotCanonical:
        """The same fault, seen from the container."""
        return NotCanonical(self.reason, step + self.path)


@dataclass(frozen=True, slots=True)
class Written:
    """A value whose canonical text is known already, so that it need not be written again."""

    text: str


def canonical(value: Mapping[str, object]) -> bytes:
    """The one byte string for a mapping: sorted keys, no blanks, UTF-8.

    Aware datetimes become UTC ISO 8601 with `Z`, dates and local times ISO 8601, enums their
    value, dataclasses mappings, sets sorted lists. A float is accepted only where it is a whole
    number that a double holds exactly, and is written as that integer. Anything else raises
    NotCanonical, which names the path.
    """
    if not isinstance(value, Mapping):
        raise NotCanonical(f"a mapping is needed, not {type(value).__name__}")
    try:
        return canonical_text(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a text with a lone surrogate has no UTF-8 form") from error


def canonical_text(value: object) -> str:
    """The canonical text of any value, as it stands inside that of a mapping."""
    return WRITERS[type(value)](value)


def instant(at: datetime) -> str:
    """An aware datetime as UTC ISO 8601 with `Z`, microseconds only where there are any."""
    if at.tzinfo is UTC:
        return at.isoformat()[:-6] + "Z"
    if at.tzinfo is None:
        raise NotCanonical(f"{at.isoformat()} has no time zone")
    return at.astimezone(UTC).isoformat()[:-6] + "Z"


@lru_cache(maxsize=8192)
def _instant(at: datetime) -> str:
    return f'"{instant(at)}"'


def _whole(value: float) -> str:
    if math.isfinite(value) and value.is_integer() and abs(value) <= 2**53:
        return str(int(value))
    raise NotCanonical(f"{value!r} is not exact; use integer units or text")


def _decimal(value: Decimal) -> str:
    return f'"{value:f}"' if value.is_finite() else _nothing(value)


def _mapping(value: Mapping[Any, object]) -> str:
    parts: list[str] = []
    for name in sorted(value, key=_key):
        item = value[name]
        try:
            parts.append(f"{encode_basestring(name)}:{WRITERS[type(item)](item)}")
        except NotCanonical as error:
            raise error.under(f".{name}") from error
    return f"{{{','.join(parts)}}}"


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise NotCanonical(f"key {name!r} is not text")
    return name


def _sequence(value: Sequence[object]) -> str:
    parts: list[str] = []
    for number, item in enumerate(value):
        try:
            parts.append(WRITERS[type(item)](item))
        except NotCanonical as error:
            raise error.under(f"[{number}]") from error
    return f"[{','.join(parts)}]"


def _set(value: AbstractSet[object]) -> str:
    return f"[{','.join(sorted(map(canonical_text, value)))}]"


def _dataclass(value: Any) -> str:
    return _mapping({name: getattr(value, name) for name in value.__dataclass_fields__})


def _nothing(value: object) -> str:
    raise NotCanonical(f"{value!r} has no canonical form")


Writer = Callable[[Any], str]

_KINDS: Sequence[tuple[type, Writer]] = (
    (str, encode_basestring),  # a text enum is written as its value
    (bool, lambda value: "true" if value else "false"),
    (int, int.__repr__),
    (Enum, lambda value: canonical_text(value.value)),
    (type(None), lambda _: "null"),
    (datetime, _instant),
    (float, _whole),
    (date, lambda value: f'"{value.isoformat()}"'),
    (time, lambda value: f'"{value.isoformat()}"'),
    (Decimal, _decimal),
    (Mapping, _mapping),
    (AbstractSet, _set),
    (list, _sequence),
    (tuple, _sequence),
    (Written, attrgetter("text")),
)


class _Writers(dict[type, Writer]):
    """How values of a type are written, worked out when the type is first met."""

    def __missing__(self, kind: type) -> Writer:
        known = (write for base, write in _KINDS if issubclass(kind, base))
        write = next(known, _dataclass if is_dataclass(kind) else _nothing)
        self[kind] = write
        return write


WRITERS: Mapping[type, Writer] = _Writers()
"""How values of a type are written."""


def chain(previous_hash: str, body: bytes) -> str:
    """SHA-256 (hex) over the previous entry's hash, a line feed, and this body."""
    return sha256(previous_hash.encode("ascii") + b"\n" + body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of one writer's stream. `body` is canonical; `seq` starts at 1 without gaps.

    `at` is the wall clock (UTC) and `monotonic` the writer's monotonic clock in nanoseconds; both
    are covered by the hash, as are the stream, the number and the kind.
    """

    stream: str
    seq: int
    at: datetime
    monotonic: int
    kind: str
    body: bytes
    prev_hash: str
    entry_hash: str

    def computed_hash(self) -> str:
        """The hash that these contents must have."""
        return chain(self.prev_hash, _sealed(self))


def append(
    previous: Entry | None,
    *,
    stream: str,
    at: datetime,
    monotonic: int,
    kind: str,
    body: Mapping[str, object] | bytes,
) -> Entry:
    """The next entry of a stream after `previous` (None at the start of the stream)."""
    if previous is not None and previous.stream != stream:
        raise ValueError(f"stream {stream!r} cannot follow an entry of {previous.stream!r}")
    draft = Entry(
        stream=stream,
        seq=1 if previous is None else previous.seq + 1,
        at=at,
        monotonic=monotonic,
        kind=kind,
        body=body if isinstance(body, bytes) else canonical(body),
        prev_hash=GENESIS if previous is None else previous.entry_hash,
        entry_hash="",
    )
    return Entry(
        stream=draft.stream,
        seq=draft.seq,
        at=draft.at,
        monotonic=draft.monotonic,
        kind=draft.kind,
        body=draft.body,
        prev_hash=draft.prev_hash,
        entry_hash=draft.computed_hash(),
    )


def _sealed(entry: Entry) -> bytes:
    head = canonical(
        {
            "stream": entry.stream,
            "seq": entry.seq,
            "at": entry.at,
            "monotonic": entry.monotonic,
            "kind": entry.kind,
        }
    )
    return head + b"\n" + entry.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry that a stream is known to have: what a cut tail is measured against."""

    seq: int
    entry_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first entry of a stream that does not hold, and why."""

    stream: str
    seq: int
    reason: str


def verify(entries: Iterable[Entry], expected: Mapping[str, Head] | None = None) -> Broken | None:
    """The first broken entry, or None where every stream holds.

    Streams may be interleaved; within a stream entries come in order and from the first.
    `expected` gives, for each stream, the head recorded elsewhere: without it a tail that was cut
    cannot be seen.
    """
    heads: dict[str, Head] = {}
    for entry in entries:
        head = heads.get(entry.stream, Head(seq=0, entry_hash=GENESIS))
        reason = _fault(entry, head)
        if reason is not None:
            return Broken(stream=entry.stream, seq=entry.seq, reason=reason)
        heads[entry.stream] = Head(seq=entry.seq, entry_hash=entry.entry_hash)
        known = (expected or {}).get(entry.stream)
        if known is not None and known.seq == entry.seq and known.entry_hash != entry.entry_hash:
            return Broken(
                stream=entry.stream, seq=entry.seq, reason="differs from the recorded head"
            )
    for stream, known in sorted((expected or {}).items()):
        head = heads.get(stream, Head(seq=0, entry_hash=GENESIS))
        if head.seq < known.seq:
            reason = f"missing: the stream ends at {head.seq}, the recorded head is {known.seq}"
            return Broken(stream=stream, seq=head.seq + 1, reason=reason)
    return None


def _fault(entry: Entry, head: Head) -> str | None:
    if entry.seq != head.seq + 1:
        return f"out of order or missing before: number {head.seq + 1} was expected"
    if entry.prev_hash != head.entry_hash:
        return "does not follow the entry before it"
    if entry.entry_hash != entry.computed_hash():
        return "its contents do not match its hash"
    return None


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf of the tree."""
    return sha256(_LEAF + leaf).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The RFC 6962 tree hash over the leaves; of no leaves, the SHA-256 of nothing."""
    if not leaves:
        return sha256(b"").digest()
    return _subtree([leaf_hash(leaf) for leaf in leaves])


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _join(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def _subtree(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    cut = _split(len(hashes))
    return _join(_subtree(hashes[:cut]), _subtree(hashes[cut:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of leaf `index` (from 0), nearest sibling first; IndexError outside."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    return _path([leaf_hash(leaf) for leaf in leaves], index)


def _path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    if len(hashes) == 1:
        return ()
    cut = _split(len(hashes))
    if index < cut:
        return (*_path(hashes[:cut], index), _subtree(hashes[cut:]))
    return (*_path(hashes[cut:], index - cut), _subtree(hashes[:cut]))


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows that `leaf` is number `index` (from 0) of the `size` under `root`."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf_hash(leaf)
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = _join(sibling, current)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            current = _join(current, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and current == root
