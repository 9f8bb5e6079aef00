"""Keys that are to be sent, one after the other, in place of audio (RFC 4733)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from dialer.telephony.wire import dtmf
from dialer.telephony.wire.rtp import Packet, Stream

_GAP = 4
"""Ticks of audio between two keys, so that the same one twice is two."""


class Keypad:
    """Presses for one stream: ask `due` once in each tick."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._press: Iterator[Packet] | None = None
        self._gap = 0

    def press(self, digit: str) -> None:
        self._waiting.append(digit)

    def due(self, payload_type: int | None) -> tuple[list[Packet], bool]:
        """The packets of this tick, and whether they take the place of its audio.

        Without a payload type the far side knows no such events, and the keys are dropped.
        """
        if payload_type is None:
            self._waiting.clear()
            return [], False
        if self._press is None:
            if self._gap or not self._waiting:
                self._gap = max(0, self._gap - 1)
                return [], False
            digit = self._waiting.popleft()
            self._press = dtmf.press(self._stream, digit, payload_type=payload_type)
        packet = next(self._press)
        if not dtmf.is_end(packet):
            return [packet], True
        ends = [packet, *self._press]
        self._press, self._gap = None, _GAP
        return ends, False
