"""SMS text as octets: alphabets, the choice between them, segments, and long texts put together.

GSM 03.38 (3GPP TS 23.038) septets travel one to an octet, as SMPP carries them. Long texts carry
the concatenation header of 3GPP TS 23.040, 9.2.3.24.1. Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ENCODE = {c: bytes((i,)) for i, c in enumerate(_BASIC) if i != _ESCAPE} | {
    c: bytes((_ESCAPE, i)) for i, c in _EXTENSION.items()
}

CAPACITY = 140  # octets of user data in one SMS
MAX_PARTS = 255  # the header counts parts in one octet
_HEADER_OCTETS = 6


class Coding(IntEnum):
    """How the octets spell the text; the values are those of SMPP's data_coding."""

    GSM = 0x00
    LATIN1 = 0x03
    UCS2 = 0x08


class DefaultAlphabet(StrEnum):
    """What data_coding 0 means to the message centre: by the book GSM 03.38, in life not always."""

    GSM = "gsm"
    LATIN1 = "latin1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One SMS of a text. `octets` starts with the user data header where there is one."""

    octets: bytes
    coding: Coding
    has_header: bool = False


def encode_gsm(text: str) -> bytes | None:
    """GSM 03.38 septets, one to an octet, or None where the alphabet lacks a character."""
    try:
        return b"".join(_ENCODE[c] for c in text)
    except KeyError:
        return None


def decode_gsm(octets: bytes) -> str:
    """The text of septets. An unknown escape shows the basic character, as 23.038 asks."""
    out, position = [], 0
    while position < len(octets):
        septet = octets[position]
        position += 1
        if septet == _ESCAPE:
            if position == len(octets):
                break
            septet = octets[position]
            position += 1
            if septet in _EXTENSION:
                out.append(_EXTENSION[septet])
                continue
        out.append(_BASIC[septet] if septet < len(_BASIC) else "\ufffd")
    return "".join(out).replace("\x1b", "")


def decode(octets: bytes, data_coding: int, default: DefaultAlphabet = DefaultAlphabet.GSM) -> str:
    """The text of user data without a header. Never fails: a person's words are never dropped."""
    if data_coding == Coding.UCS2:
        return octets.decode("utf-16-be", "replace")
    if data_coding == Coding.LATIN1:
        return octets.decode("latin-1")
    if data_coding == 1:  # IA5
        return octets.decode("ascii", "replace")
    return decode_gsm(octets) if default is DefaultAlphabet.GSM else octets.decode("latin-1")


def encode(text: str, default: DefaultAlphabet = DefaultAlphabet.GSM) -> tuple[bytes, Coding]:
    """The octets of a text in the smallest coding that carries every character."""
    if default is DefaultAlphabet.GSM:
        septets = encode_gsm(text)
        if septets is not None:
            return septets, Coding.GSM
    else:
        try:
            return text.encode("latin-1"), Coding.LATIN1
        except UnicodeEncodeError:
            pass
    return text.encode("utf-16-be"), Coding.UCS2


def split(
    text: str, *, reference: int, default: DefaultAlphabet = DefaultAlphabet.GSM
) -> tuple[Segment, ...]:
    """The SMS that carry `text`: one where it fits, else parts under one reference (0 to 255).

    One SMS holds 160 GSM or 70 UCS-2 characters; a part holds 153 or 67. No part ends inside an
    escape or a surrogate pair. Raises ValueError for more than 255 parts.
    """
    octets, coding = encode(text, default)
    if len(octets) <= _room(coding, CAPACITY):
        return (Segment(octets=octets, coding=coding),)
    pieces = _cut(octets, coding, _room(coding, CAPACITY - _HEADER_OCTETS))
    if len(pieces) > MAX_PARTS:
        raise ValueError(f"a text of {len(pieces)} SMS is more than {MAX_PARTS}")
    return tuple(
        Segment(
            octets=bytes((5, 0x00, 3, reference & 0xFF, len(pieces), number)) + piece,
            coding=coding,
            has_header=True,
        )
        for number, piece in enumerate(pieces, 1)
    )


def _room(coding: Coding, octets: int) -> int:
    """Units of one octet that fit: septets are packed by the message centre, 8 into 7 octets."""
    return octets * 8 // 7 if coding is Coding.GSM else octets


def _cut(octets: bytes, coding: Coding, room: int) -> list[bytes]:
    pieces, start = [], 0
    while start < len(octets):
        end = min(start + room, len(octets))
        if end < len(octets):
            if coding is Coding.GSM and octets[end - 1] == _ESCAPE:
                end -= 1
            elif coding is Coding.UCS2 and 0xD8 <= octets[end - 2] <= 0xDB:
                end -= 2
        pieces.append(octets[start:end])
        start = end
    return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a long text; `number` counts from 1 to `total`."""

    reference: int
    total: int
    number: int
    octets: bytes
    data_coding: int

    @property
    def is_whole(self) -> bool:
        return self.total <= 1


def read_header(octets: bytes, data_coding: int) -> Part:
    """The part in user data that starts with a header; a whole text where no header joins parts.

    Knows 8-bit (0x00) and 16-bit (0x08) references. A header that makes no sense is skipped.
    """
    end = 1 + octets[0] if octets else 0
    whole = Part(
        reference=0, total=1, number=1, octets=octets[end:] or b"", data_coding=data_coding
    )
    header, position = octets[1:end], 0
    while position + 2 <= len(header):
        element, size = header[position], header[position + 1]
        value = header[position + 2 : position + 2 + size]
        position += 2 + size
        if (element, len(value)) in {(0x00, 3), (0x08, 4)}:
            reference, total, number = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
            if 1 <= number <= total:
                return Part(
                    reference=reference,
                    total=total,
                    number=number,
                    octets=octets[end:],
                    data_coding=data_coding,
                )
    return whole


class Reassembler:
    """Puts parts together, per pair of addresses and reference, with bounded memory.

    A text whose parts do not all come in `patience` is given out with what is there: half of a
    person's message may hold a STOP.
    """

    def __init__(
        self, *, patience: timedelta = timedelta(minutes=10), max_pending: int = 10_000
    ) -> None:
        self._patience = patience
        self._max_pending = max_pending
        self._pending: OrderedDict[tuple[str, str, int, int], tuple[datetime, dict[int, Part]]] = (
            OrderedDict()
        )

    def add(
        self, source: str, destination: str, part: Part, now: datetime
    ) -> tuple[bytes, int] | None:
        """Octets and data_coding of the text that this part completes, or None."""
        if part.is_whole:
            return part.octets, part.data_coding
        key = (source, destination, part.reference, part.total)
        _, parts = self._pending.setdefault(key, (now, {}))
        parts[part.number] = part
        if len(parts) < part.total:
            return None
        del self._pending[key]
        return _join(parts)

    def overdue(self, now: datetime) -> list[tuple[str, str, bytes, int]]:
        """Source, destination, octets and data_coding of texts that waited too long, removed."""
        out = []
        while self._pending:
            key, (since, parts) = next(iter(self._pending.items()))
            if now - since < self._patience and len(self._pending) <= self._max_pending:
                break
            del self._pending[key]
            out.append((key[0], key[1], *_join(parts)))
        return out


def _join(parts: dict[int, Part]) -> tuple[bytes, int]:
    ordered = [parts[number] for number in sorted(parts)]
    return b"".join(part.octets for part in ordered), ordered[0].data_coding
