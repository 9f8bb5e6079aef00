"""The pacing table of `make bench`: every scenario, the pacer beside the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from dialer.pacing.lab.report import all_pacers, summary
from dialer.pacing.lab.scenario import SCENARIOS
from dialer.pacing.lab.shift import simulate

AIMS = {
    "n5": 0.752,
    "n10": 0.797,
    "n30": 0.885,
    "n100": 0.953,
    "n300": 0.979,
    "n10_a10": 0.77,
    "n100_a10": 0.943,
    "n100_a50": 0.959,
    "surge30": 0.885,
    "pause100": 0.951,
}
"""Utilisation to reach, with at most 3 % abandoned in every shift."""

EIGHT_HOURS = tuple(AIMS)
ONE_HOUR = ("n10_1h", "n30_1h", "surge30_1h")
"""Shifts with hardly any time to learn or to repay."""


def bench_rows(
    scenarios: Sequence[str] = (*EIGHT_HOURS, *ONE_HOUR),
    seeds: Sequence[int] = (1,),
    pacers: Sequence[str] | None = None,
    *,
    cap: float = 0.03,
    timer: Callable[[], float] | None = None,
) -> Iterator[dict[str, Any]]:
    """One row for each scenario and pacer, as they are finished: medians over the seeds.

    `over_cap` counts the shifts in which more than `cap` was abandoned; `timer` (seconds, such as
    that of the thread's CPU) adds the mean time of a step and its 99th percentile.
    """
    for name in scenarios:
        scenario = replace(SCENARIOS[name], cap=cap)
        for pacer, factory in all_pacers().items():
            if pacers is not None and pacer not in pacers:
                continue
            results = [simulate(scenario, factory, seed, timer=timer) for seed in seeds]
            row = {"scenario": name, **summary(pacer, results)}
            row["over_cap"] = sum(r.abandon > cap for r in results)
            row["aim"] = AIMS.get(name) if pacer == "predictive" else None
            if timer is not None:
                row["step_ms"] = max(r.step_ms or 0.0 for r in results)
                row["step_ms_p99"] = max(r.step_ms_p99 or 0.0 for r in results)
            yield row
