"""So many callers at once, each waiting for its own thing before it asks for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from dialer.bench.timing import Laps, watch

Work = Callable[[int], Awaitable[None]]
"""Does the thing of this number, and returns when it is done."""


async def drive(work: Work, count: int, at_once: int) -> dict[str, float]:
    """Do `count` things and say how it went: rate, times, and core time of this process each."""
    numbers = iter(range(count))
    laps = Laps()

    async def caller() -> None:
        for number in numbers:
            with laps.lap():
                await work(number)

    with watch() as spent:
        await asyncio.gather(*(caller() for _ in range(at_once)))
    return {
        "per_s": count / spent.seconds,
        "p50_ms": laps.percentile_ms(0.5),
        "p99_ms": laps.percentile_ms(0.99),
        "core_ms_each": spent.core_seconds / count * 1e3,
    }
