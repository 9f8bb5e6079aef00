"""A scenario run with several pacers and seeds: one report, as JSON and as a page with plots."""

from __future__ import annotations

import html
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from dialer.pacing.lab.plot import line_plot
from dialer.pacing.lab.result import Result
from dialer.pacing.lab.scenario import Scenario, load_scenario
from dialer.pacing.lab.shift import PacerFactory, simulate
from dialer.pacing.lab.vicidial import VicidialPacer
from dialer.pacing.modes.power import PowerPacer
from dialer.pacing.modes.predictive import PredictivePacer
from dialer.pacing.modes.progressive import ProgressivePacer

BASELINES: dict[str, PacerFactory] = {
    "progressive": ProgressivePacer,
    "ratio 2": lambda ctx: PowerPacer(ctx, ratio=2.0),
    "ratio 3": lambda ctx: PowerPacer(ctx, ratio=3.0),
    "VICIdial hard limit": VicidialPacer,
    "VICIdial average": lambda ctx: VicidialPacer(ctx, mode="average"),
    "VICIdial tapered": lambda ctx: VicidialPacer(ctx, mode="tapered"),
}
DEFAULT_PACER = "dialer.pacing.modes.predictive:PredictivePacer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The shifts of each pacer, by its name."""

    scenario: str
    seeds: tuple[int, ...]
    results: dict[str, tuple[Result, ...]]

    def as_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "seeds": list(self.seeds),
            "rows": [summary(name, rs) for name, rs in self.results.items()],
            "shifts": {name: [r.as_json() for r in rs] for name, rs in self.results.items()},
        }

    def as_html(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(shown(v))}</td>" for v in row.values()) + "</tr>"
            for row in (summary(name, rs) for name, rs in self.results.items())
        )
        first = {name: rs[0] for name, rs in self.results.items()}
        plots = [
            line_plot("Utilisation", {n: _smooth(r.utilisation_series) for n, r in first.items()}),
            line_plot(
                "Share of live answers abandoned so far",
                {n: _running(r.abandoned_series, r.persons_series) for n, r in first.items()},
            ),
            line_plot(
                "Idle seconds of the team a minute",
                {n: _smooth(r.idle_series) for n, r in first.items()},
            ),
        ]
        heads = "".join(f"<th>{html.escape(h)}</th>" for h in HEADS)
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>Pacing: {html.escape(self.scenario)}</title><style>{STYLE}</style></head>"
            f"<body><h1>Scenario {html.escape(self.scenario)}</h1>"
            f"<p>Medians over seeds {', '.join(map(str, self.seeds))}; plots of the first.</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
            f"{''.join(plots)}</body></html>"
        )


HEADS = (
    "pacer",
    "utilisation",
    "abandoned",
    "worst shift",
    "with detection's losses",
    "worst 30 min",
    "calls",
    "answers",
)
STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.3rem .7rem;border-bottom:1px solid #ccc;"
    "text-align:right}td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}"
)


def summary(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """One row: medians over the shifts, and the worst shift's abandonment."""
    return {
        "pacer": name,
        "utilisation": median(r.utilisation for r in results),
        "abandon": median(r.abandon for r in results),
        "abandon_max": max(r.abandon for r in results),
        "abandon_amd": median(r.abandon_amd for r in results),
        "worst30": median(r.worst30 for r in results),
        "launched": int(median(r.launched for r in results)),
        "persons": int(median(r.persons for r in results)),
    }


def run_scenario(
    scenario: Scenario, pacers: dict[str, PacerFactory], seeds: Sequence[int]
) -> Report:
    """Each pacer meets the same team, day and breaks."""
    results = {
        name: tuple(simulate(scenario, pacer, seed) for seed in seeds)
        for name, pacer in pacers.items()
    }
    return Report(scenario=scenario.name, seeds=tuple(seeds), results=results)


def run_scenario_file(
    path: Path, pacer: str = DEFAULT_PACER, *, seeds: Sequence[int] = (1,), compare: bool = True
) -> Report:
    """Run a scenario file with `module:Class`, beside the baselines if `compare`."""
    pacers = {pacer.partition(":")[2]: pacer_class(pacer)}
    return run_scenario(load_scenario(path), pacers | (BASELINES if compare else {}), seeds)


def pacer_class(path: str) -> Callable[..., Any]:
    """The class that `module:Class` names; raises ValueError if there is none."""
    module, colon, name = path.partition(":")
    if not colon:
        raise ValueError(f"a pacer is named module:Class, not {path!r}")
    try:
        found: object = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"no pacer {path!r}: {error}") from error
    if not callable(found):
        raise ValueError(f"{path!r} is not a class")
    return found


def all_pacers() -> dict[str, PacerFactory]:
    return {"predictive": PredictivePacer, **BASELINES}


def shown(value: Any) -> str:
    """A cell of the report: shares as per cent."""
    return f"{100 * value:.2f} %" if isinstance(value, float) else str(value)


def _smooth(series: Sequence[float], width: int = 10) -> list[float]:
    return [
        sum(series[max(0, i - width) : i + 1]) / (i + 1 - max(0, i - width))
        for i in range(len(series) - 1)
    ]


def _running(part: Sequence[int], whole: Sequence[int]) -> list[float]:
    shares, a, b = [], 0, 0
    for x, y in zip(part, whole, strict=True):
        a, b = a + x, b + y
        shares.append(a / b if b else 0.0)
    return shares[:-1]
