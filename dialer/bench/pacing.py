"""The pacing table: utilisation under the cap on abandoned calls, beside other ways to pace."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from dialer.bench.result import Result
from dialer.pacing.lab.bench import EIGHT_HOURS, ONE_HOUR, bench_rows


async def run(
    *,
    scenarios: Sequence[str] = (*EIGHT_HOURS, *ONE_HOUR),
    seeds: Sequence[int] = (1, 2, 3),
    pacers: Sequence[str] | None = None,
) -> Result:
    """Simulate whole shifts with every pacer."""
    return Result(
        name="pacing",
        about="simulated shifts of eight hours and of one: the pacer beside progressive, fixed "
        "ratios and VICIdial's adaptive modes",
        rows=list(bench_rows(scenarios, seeds, pacers, timer=perf_counter)),
    )
