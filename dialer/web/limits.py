"""How often a log-in may fail before it must wait."""

from __future__ import annotations

from collections import OrderedDict, deque

from scheduler.clock import Clock

FAILURES = 5
WINDOW_S = 300.0
REMEMBERED = 10_000


class FailureLimit:
    """At most FAILURES failures a key (an account's name, a client's address) in WINDOW_S seconds.

    Kept in memory: each process counts for itself, and forgets the longest unseen keys first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until all keys may try again; 0 = now."""
        now = self._clock.monotonic()
        return max((self._wait(key, now) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Note a failure of each key."""
        for key in keys:
            times = self._failures.setdefault(key, deque(maxlen=FAILURES))
            times.append(self._clock.monotonic())
            self._failures.move_to_end(key)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the key's failures."""
        self._failures.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        times = self._failures.get(key)
        if times is None or len(times) < FAILURES:
            return 0.0
        return max(0.0, times[0] + WINDOW_S - now)
