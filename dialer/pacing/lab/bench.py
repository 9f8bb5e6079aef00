"""The pacing table of `make bench`: every scenario, the pacer beside the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

EIGHT_HOURS = tuple(name for name in SCENARIOS if not name.endswith("_1h"))


def bench_rows(
    scenarios: Sequence[str] = EIGHT_HOURS,
    seeds: Sequence[int] = (1, 2, 3),
    pacers: Sequence[str] | None = None,
    *,
    timer: Callable[[], float] | None = None,
) -> Iterator[dict[str, Any]]:
    """One row for each scenario and pacer, as they are finished; `timer` adds the step's time."""
    for name in scenarios:
        for pacer, factory in all_pacers().items():
            if pacers is not None and pacer not in pacers:
                continue
            results = [simulate(SCENARIOS[name], factory, seed, timer=timer) for seed in seeds]
            row = {"scenario": name, **summary(pacer, results)}
            if pacer == "predictive":
                row["aim"] = AIMS.get(name)
            if timer is not None:
                row["step_ms"] = max(r.step_ms or 0.0 for r in results)
            yield row
