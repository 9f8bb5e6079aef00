"""How fast to submit: halved when the message centre throttles, raised again while it is content.

Pure: `now` is seconds of any steady clock.
"""

from __future__ import annotations

from collections import deque

_STEP = 1.1  # growth for each second without throttling
_CALM = 30.0  # seconds without throttling after which an unlimited route is unlimited again
_PAUSE = 1.0  # seconds of silence that a throttled message centre is given


class AdaptiveRate:
    """Spaces submits. `limit` is the contract's messages per second, None for no limit.

    After a throttling answer nothing goes for a second, then half of what went in the last one.
    """

    def __init__(self, *, limit: float | None, floor: float = 1.0) -> None:
        if limit is not None and limit <= 0:
            raise ValueError("the rate limit must be above 0 messages per second")
        self._limit = limit
        self._floor = floor if limit is None else min(floor, limit)
        self._rate = limit
        self._next_at = 0.0
        self._raised_at = 0.0
        self._throttled_at = float("-inf")
        self._sent: deque[float] = deque()

    @property
    def rate(self) -> float | None:
        """Messages per second now, None for no limit."""
        return self._rate

    def delay(self, now: float) -> float:
        """Seconds until the next submit may go; 0 when it may go now."""
        return max(0.0, self._next_at - now)

    def sent(self, now: float) -> None:
        """A submit goes out."""
        self._grow(now)
        self._sent.append(now)
        while self._sent[0] <= now - 1.0:
            self._sent.popleft()
        if self._rate is not None:
            self._next_at = max(now, self._next_at) + 1.0 / self._rate

    def throttled(self, now: float) -> None:
        """The message centre said that it is too much; several answers in a second are one."""
        if now - self._throttled_at < _PAUSE:
            return
        recent = sum(1 for at in self._sent if at > now - 1.0)
        current = recent if self._rate is None else min(self._rate, max(recent, self._floor))
        self._rate = max(self._floor, current / 2)
        self._throttled_at = self._raised_at = now
        self._next_at = now + _PAUSE

    def _grow(self, now: float) -> None:
        if self._rate is None or self._rate == self._limit:
            return
        if self._limit is None and now - self._throttled_at >= _CALM:
            self._rate = None
            return
        whole = int(now - self._raised_at)
        if whole > 0:
            self._raised_at += whole
            grown = self._rate * _STEP ** min(whole, 100)
            self._rate = grown if self._limit is None else min(self._limit, grown)
