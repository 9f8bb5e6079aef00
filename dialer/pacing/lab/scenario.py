"""A shift to simulate: the team, the people called, the shocks; read from TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

SHOCKS = ("answers", "pause", "talk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A sudden change, from `at` (share of the shift) for `seconds`.

    `answers` multiplies the answer rate by `factor`, `talk` the talk times of calls that begin in
    it; `pause` sends the share `factor` of the agents on break.
    """

    kind: str
    at: float
    seconds: float
    factor: float

    def __post_init__(self) -> None:
        if self.kind not in SHOCKS:
            raise ValueError(f"shock kind must be one of {', '.join(SHOCKS)}: {self.kind!r}")
        if not 0 <= self.at < 1:
            raise ValueError(f"shock at must be a share of the shift, 0 to 1: {self.at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Times in seconds, rates as shares. The defaults are plausible, not fitted to records.

    A person picks up after `answer_min` + a gamma law of `answer_mean` and `answer_shape`, cut at
    `ring_timeout`; `machine_share` and `fail_share` split the calls that no person answers.
    `drift_sd` and `drift_memory` shape the slow drift of the answer rate, `day_swing` its daily
    shape. `amd_false_machine` of persons are hung up by detection, `amd_false_human` of machines
    reach an agent.
    """

    name: str
    agents: int
    answer_rate: float = 0.25
    shift: float = 28_800.0
    cap: float = 0.03
    grace: float = 2.0
    ring_timeout: float = 25.0
    amd: bool = True
    lines_per_agent: float = 6.0
    cps: float = 50.0
    answer_min: float = 2.0
    answer_mean: float = 12.0
    answer_shape: float = 3.0
    machine_share: float = 0.4
    machine_pickup: float = 20.0
    fail_share: float = 0.18
    greeting: float = 1.1
    verdict_min: float = 0.4
    verdict_max: float = 0.9
    amd_false_machine: float = 0.005
    amd_false_human: float = 0.05
    talk_mean: float = 100.0
    talk_sigma: float = 1.0
    wrap_mean: float = 20.0
    wrap_sigma: float = 0.6
    agents_sd: float = 0.2
    day_swing: float = 0.2
    drift_sd: float = 0.12
    drift_memory: float = 1800.0
    login_spread: float = 300.0
    lunch: float = 1800.0
    pauses_per_hour: float = 0.8
    pause_mean: float = 300.0
    shocks: tuple[Shock, ...] = ()

    def __post_init__(self) -> None:
        if self.agents < 1:
            raise ValueError(f"{self.name}: agents must be at least 1")
        if not 0 < self.answer_rate < 1:
            raise ValueError(f"{self.name}: answer_rate must lie between 0 and 1")

    @property
    def lines(self) -> int:
        return max(1, round(self.lines_per_agent * self.agents))


def _surges() -> tuple[Shock, ...]:
    double = [Shock(kind="answers", at=a, seconds=600, factor=2.0) for a in (0.15, 0.35, 0.6, 0.85)]
    half = [Shock(kind="answers", at=a, seconds=600, factor=0.5) for a in (0.25, 0.75)]
    return tuple(double + half)


def _four(kind: str, seconds: float, factor: float) -> tuple[Shock, ...]:
    return tuple(
        Shock(kind=kind, at=a, seconds=seconds, factor=factor) for a in (0.15, 0.35, 0.65, 0.85)
    )


_PLAIN = [
    Scenario(name="n5", agents=5),
    Scenario(name="n10", agents=10),
    Scenario(name="n30", agents=30),
    Scenario(name="n100", agents=100),
    Scenario(name="n300", agents=300),
    Scenario(name="n10_a10", agents=10, answer_rate=0.10),
    Scenario(name="n30_a10", agents=30, answer_rate=0.10),
    Scenario(name="n100_a10", agents=100, answer_rate=0.10),
    Scenario(name="n30_a50", agents=30, answer_rate=0.50),
    Scenario(name="n100_a50", agents=100, answer_rate=0.50),
    Scenario(name="surge30", agents=30, shocks=_surges()),
    Scenario(name="surge100", agents=100, shocks=_surges()),
    Scenario(name="pause30", agents=30, shocks=_four("pause", 600, 0.5)),
    Scenario(name="pause100", agents=100, shocks=_four("pause", 600, 0.5)),
    Scenario(name="long100", agents=100, shocks=_four("talk", 1200, 3.0)),
    Scenario(name="tight100", agents=100, lines_per_agent=1.8, cps=5.0),
]

SCENARIOS: Mapping[str, Scenario] = {s.name: s for s in _PLAIN} | {
    f"{s.name}_1h": replace(s, name=f"{s.name}_1h", shift=3600.0) for s in _PLAIN
}


def load_scenario(path: Path) -> Scenario:
    """Read a scenario; `base` names a built-in one whose fields the file overrides.

    Raises ValueError that names the file and the field.
    """
    text = path.read_text(encoding="utf-8")
    try:
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: not readable: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"{path}: a table of settings is expected")
    try:
        return scenario_of(data, default_name=path.stem)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def scenario_of(data: Mapping[str, Any], *, default_name: str) -> Scenario:
    """A scenario from plain values; raises ValueError that names the unknown or wrong field."""
    values = dict(data)
    base = values.pop("base", None)
    if base is not None and base not in SCENARIOS:
        raise ValueError(f"base: no built-in scenario {base!r}")
    known = {f.name: f for f in fields(Scenario)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}")
    if "shocks" in values:
        values["shocks"] = tuple(Shock(**shock) for shock in values["shocks"])
    for name, value in values.items():
        if known[name].type in ("int", "float") and (
            isinstance(value, bool) or not isinstance(value, int | float)
        ):
            raise ValueError(f"{name}: a number is expected, not {value!r}")
    values.setdefault("name", default_name)
    if base is None:
        return Scenario(**values)
    return replace(SCENARIOS[base], **values)
