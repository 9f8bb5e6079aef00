"""Times of many runs, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time


@dataclass(slots=True)
class Watch:
    """Seconds of the work done inside its block: by the clock, and of this process's cores."""

    seconds: float = 0.0
    core_seconds: float = 0.0


@contextmanager
def watch() -> Iterator[Watch]:
    """Time a block; the figures stand when it has ended."""
    found = Watch()
    began, began_core = perf_counter(), process_time()
    try:
        yield found
    finally:
        found.seconds = perf_counter() - began
        found.core_seconds = process_time() - began_core


@dataclass(slots=True)
class Laps:
    """How long each of many like things took, in seconds."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time one of them."""
        began = perf_counter()
        yield
        self.seconds.append(perf_counter() - began)

    def percentile_ms(self, share: float) -> float:
        """The time, in milliseconds, within which this share of them was done."""
        return percentile(self.seconds, share) * 1e3


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
