"""RTP packets (RFC 3550) and the numbering of a stream that we send.

Reading is pyVoIP's RTPMessage, with what it leaves out: short packets, header extensions and
padding. A packet with nothing but its fixed header, as nearly all are, is read straight: fifty come
each second for each leg. Writing is ours: pyVoIP's writer breaks where sequence and timestamp wrap.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pyVoIP.RTP import PayloadType, RTPMessage, RTPParseError

from dialer.telephony.wire.headers import Malformed

PCMU = int(PayloadType.PCMU)
PCMA = int(PayloadType.PCMA)
COMFORT_NOISE = int(PayloadType.CN)
TELEPHONE_EVENT = 101
"""Our own number for RFC 4733 events; the far side may choose another."""

_ANY = dict.fromkeys(range(128), PayloadType.UNKNOWN)
_HEADER = struct.Struct("!BBHII")
_FIXED_HEADER_ALONE = 0x80  # version 2, no padding, no extension, no contributing sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        head = _HEADER.pack(0x80, second, self.sequence, self.timestamp, self.ssrc)
        return head + self.payload


def parse(data: bytes, known: dict[int, PayloadType] = _ANY) -> Packet:
    """Read a packet whose payload type is `known` (by default any). Raises Malformed."""
    if len(data) < _HEADER.size:
        raise Malformed("RTP header cut short")
    if (data[1] & 0x7F) not in known:
        raise Malformed(f"payload type {data[1] & 0x7F}")
    if data[0] == _FIXED_HEADER_ALONE:
        _, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        return Packet(
            payload_type=kind & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=data[_HEADER.size :],
            marker=kind > 0x7F,
        )
    try:
        read = RTPMessage(data, known)
    except RTPParseError as error:
        raise Malformed(str(error)) from error
    payload = read.payload
    if len(data) < _HEADER.size + 4 * read.CC:
        raise Malformed("contributing sources cut short")
    if read.extension:
        payload = _after_extension(payload)
    if read.padding:
        payload = _without_padding(payload)
    return Packet(
        payload_type=data[1] & 0x7F,
        sequence=read.sequence,
        timestamp=read.timestamp,
        ssrc=read.SSRC,
        payload=payload,
        marker=read.marker,
    )


def _after_extension(payload: bytes) -> bytes:
    if len(payload) < 4:
        raise Malformed("header extension cut short")
    end = 4 + 4 * int.from_bytes(payload[2:4], "big")
    if len(payload) < end:
        raise Malformed("header extension cut short")
    return payload[end:]


def _without_padding(payload: bytes) -> bytes:
    count = payload[-1] if payload else 0
    if not 0 < count <= len(payload):
        raise Malformed("padding")
    return payload[:-count]


class Stream:
    """The numbers of one stream that we send: sequence, timestamp and source, with their wrap."""

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self.ssrc = ssrc & 0xFFFFFFFF
        self._sequence = sequence & 0xFFFF
        self._timestamp = timestamp & 0xFFFFFFFF
        self._fresh = True

    @property
    def timestamp(self) -> int:
        """The timestamp of the next packet."""
        return self._timestamp

    def packet(self, payload_type: int, payload: bytes) -> Packet:
        """The next audio packet; time goes on by one tick for each byte of G.711."""
        made = self.event(payload_type, payload, self._timestamp, marker=self._fresh)
        self._fresh = False
        self.skip(len(payload))
        return made

    def event(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool) -> Packet:
        """A packet that stands at `timestamp`, as all packets of one DTMF event do."""
        made = Packet(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=timestamp,
            ssrc=self.ssrc,
            payload=payload,
            marker=marker,
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        return made

    def skip(self, samples: int) -> None:
        """Let time pass with nothing sent; the next audio packet starts a new talk spurt."""
        self._timestamp = (self._timestamp + samples) & 0xFFFFFFFF

    def pause(self) -> None:
        self._fresh = True
