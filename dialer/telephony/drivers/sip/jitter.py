"""A jitter buffer for G.711: packets in as they come, one 20 ms frame out per tick."""

from __future__ import annotations

from dialer.telephony.wire.g711 import FRAME, SILENCE

_SIZE = 1 << 14  # samples; a power of two, so that timestamps wrap inside it
_DEPTH = 3 * FRAME
_FAR = 8000
_LATE_RUN = 25
_WINDOW = 250
"""Packets, about 5 s, after which a schedule that has fallen behind is put right."""

_SILENT = 0xFF


class JitterBuffer:
    """Plays each packet 60 ms after the first one's schedule; what is missing is silence.

    Frames of any length fit. A jump in the far side's clock starts the schedule anew; a clock that
    runs faster than ours, or a stall of ours, costs a few frames now and then, not growing delay.
    """

    def __init__(self) -> None:
        self._ring = bytearray([_SILENT]) * _SIZE
        self._next: int | None = None
        self._ssrc: int | None = None
        self._late = 0
        self._least, self._seen = _FAR, 0
        self.dropped = 0

    def put(self, ssrc: int, timestamp: int, payload: bytes) -> None:
        if ssrc != self._ssrc or self._next is None:
            self._restart(ssrc, timestamp)
        ahead = self._ahead(timestamp)
        if ahead < 0:
            self.dropped += 1
            self._late += 1
            if self._late < _LATE_RUN:
                return
            self._restart(ssrc, timestamp)
        elif ahead + len(payload) > _FAR:
            self._restart(ssrc, timestamp)
        self._late = 0
        self._watch(ahead)
        at = timestamp % _SIZE
        room = _SIZE - at
        self._ring[at : at + len(payload)] = payload[:room]
        if len(payload) > room:
            self._ring[: len(payload) - room] = payload[room:]

    def pull(self) -> bytes:
        """The next 20 ms of mu-law."""
        if self._next is None:
            return SILENCE
        at = self._next % _SIZE
        self._next = (self._next + FRAME) & 0xFFFFFFFF
        room = _SIZE - at
        if room >= FRAME:
            frame = bytes(self._ring[at : at + FRAME])
            self._ring[at : at + FRAME] = SILENCE
            return frame
        frame = bytes(self._ring[at:] + self._ring[: FRAME - room])
        self._ring[at:] = SILENCE[:room]
        self._ring[: FRAME - room] = SILENCE[room:]
        return frame

    def _watch(self, ahead: int) -> None:
        """Skip what every packet of a window came too early by."""
        self._least, self._seen = min(self._least, ahead), self._seen + 1
        if self._seen < _WINDOW:
            return
        for _ in range((self._least - _DEPTH) // FRAME):
            self.pull()
        self._least, self._seen = _FAR, 0

    def _ahead(self, timestamp: int) -> int:
        assert self._next is not None
        return ((timestamp - self._next + 0x80000000) & 0xFFFFFFFF) - 0x80000000

    def _restart(self, ssrc: int, timestamp: int) -> None:
        self._ssrc = ssrc
        self._least, self._seen = _FAR, 0
        self._next = (timestamp - _DEPTH) & 0xFFFFFFFF
        self._ring[:] = bytes([_SILENT]) * _SIZE
