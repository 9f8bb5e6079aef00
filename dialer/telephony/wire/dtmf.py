"""DTMF as RTP events (RFC 4733): digits to payloads, and packets back to digits."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dialer.telephony.wire.rtp import Packet, Stream

DIGITS = "0123456789*#ABCD"
_EVENT = struct.Struct("!BBH")
_STEP = 160
_END = 0x80
_VOLUME = 10  # dBm0, without the sign


def press(stream: Stream, digit: str, *, payload_type: int, ms: int = 100) -> Iterator[Packet]:
    """One packet for each 20 ms of the key press, then the end three times (RFC 4733, 2.5.1.4).

    Take one packet per tick for the press itself; the last three may go at once.
    Raises ValueError for a key that is none.
    """
    event, start = DIGITS.index(digit.upper()), stream.timestamp
    steps = max(1, ms // 20)
    for step in range(1, steps + 1):
        payload = _EVENT.pack(event, _VOLUME, step * _STEP)
        yield stream.event(payload_type, payload, start, marker=step == 1)
        stream.skip(_STEP)
    for _ in range(3):
        payload = _EVENT.pack(event, _VOLUME | _END, steps * _STEP)
        yield stream.event(payload_type, payload, start, marker=False)


def is_end(packet: Packet) -> bool:
    """Whether the packet says that its key was let go."""
    return bool(packet.payload[1] & _END)


class Reader:
    """Finds each key press once, whichever of its packets arrive."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None  # source and timestamp of the last event

    def feed(self, packet: Packet) -> str | None:
        """The digit, at the first packet seen of its event; None for repeats and other events."""
        if len(packet.payload) < _EVENT.size or packet.payload[0] >= len(DIGITS):
            return None
        key = (packet.ssrc, packet.timestamp)
        if key == self._last:
            return None
        if self._last is not None and self._last[0] == packet.ssrc:
            behind = (self._last[1] - packet.timestamp) & 0xFFFFFFFF
            if behind < 0x80000000:
                return None  # a packet of an earlier press, come late
        self._last = key
        return DIGITS[packet.payload[0]]
