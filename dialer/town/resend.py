"""RFC 3261's repetition over UDP: after T1, twice as long each time up to T2, for 64 T1."""

from __future__ import annotations

from collections.abc import Callable

from dialer.telephony.wire.reactor import DelayedCall, TimeReactor

T1 = 0.5
T2 = 4.0
LIFETIME = 64 * T1


class Resender:
    """Sends one datagram until it is stopped or its life is over, which is told once."""

    def __init__(
        self, clock: TimeReactor, send: Callable[[], None], expired: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._send = send
        self._expired = expired
        self._wait = T1
        self._end: DelayedCall = clock.callLater(LIFETIME, self._expire)
        self._next: DelayedCall = clock.callLater(T1, self._again)
        send()

    def stop(self) -> None:
        for timer in (self._end, self._next):
            if timer.active():
                timer.cancel()

    def _again(self) -> None:
        self._send()
        self._wait = min(2 * self._wait, T2)
        self._next = self._clock.callLater(self._wait, self._again)

    def _expire(self) -> None:
        self.stop()
        self._expired()
