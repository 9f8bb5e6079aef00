"""The laboratory: repeatable shifts, the cap held, scenario files, the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dialer.pacing.lab.bench import bench_rows
from dialer.pacing.lab.report import pacer_class, run_scenario_file
from dialer.pacing.lab.scenario import SCENARIOS, load_scenario
from dialer.pacing.lab.shift import simulate
from dialer.pacing.lab.vicidial import VicidialPacer
from dialer.pacing.modes.power import PowerPacer
from dialer.pacing.modes.predictive import PredictivePacer
from dialer.pacing.modes.progressive import ProgressivePacer
from dialer.pacing.snapshot import PacerContext

HOUR = replace(SCENARIOS["n10_1h"], drift_sd=0.05)


def test_a_shift_is_repeatable():
    short = replace(HOUR, shift=900.0)
    first, again = (simulate(short, PredictivePacer, 5) for _ in range(2))
    assert first.as_json() == again.as_json()
    assert simulate(short, PredictivePacer, 6).as_json() != first.as_json()


def test_progressive_abandons_next_to_nobody_and_a_high_ratio_many():
    calm = simulate(HOUR, ProgressivePacer, 3)
    wild = simulate(HOUR, lambda ctx: PowerPacer(ctx, ratio=4.0), 3)
    assert calm.abandon < 0.01
    assert wild.abandon > 0.05
    assert wild.utilisation > calm.utilisation


@pytest.mark.parametrize("seed", [21, 22])
def test_the_pacer_talks_more_than_progressive_and_stays_under_the_cap(seed):
    paced = simulate(HOUR, PredictivePacer, seed)
    assert paced.abandon <= 0.03
    assert paced.utilisation > simulate(HOUR, ProgressivePacer, seed).utilisation + 0.05


def test_an_exhausted_budget_ends_overdialing():
    spent = simulate(replace(HOUR, cap=0.0005), PredictivePacer, 4)
    assert spent.abandon <= 0.005


def test_the_adaptive_level_climbs_when_agents_wait():
    level = simulate(HOUR, lambda ctx: VicidialPacer(ctx, max_level=2.0), 3)
    assert level.launched > 0
    with pytest.raises(ValueError, match="mode"):
        VicidialPacer(PacerContext(), mode="best")


def test_a_scenario_file_overrides_a_built_in_one(tmp_path):
    path = tmp_path / "late.toml"
    path.write_text(
        'base = "n5_1h"\nanswer_rate = 0.4\n'
        '[[shocks]]\nkind = "answers"\nat = 0.5\nseconds = 300\nfactor = 2.0\n'
    )
    scenario = load_scenario(path)
    assert (scenario.name, scenario.agents, scenario.answer_rate) == ("late", 5, 0.4)
    assert scenario.shocks[0].factor == 2.0
    path.write_text('base = "n5_1h"\nanswer_rat = 0.4\n')
    with pytest.raises(ValueError, match=r"late\.toml: unknown field 'answer_rat'"):
        load_scenario(path)
    path.write_text("agents = 'many'\n")
    with pytest.raises(ValueError, match="agents: a number"):
        load_scenario(path)


def test_the_report_compares_and_draws(tmp_path):
    path = tmp_path / "short.json"
    path.write_text(json.dumps({"base": "n5_1h", "shift": 600}))
    report = run_scenario_file(path, seeds=(1,))
    data = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert {row["pacer"] for row in data["rows"]} >= {"PredictivePacer", "progressive", "ratio 2"}
    page = report.as_html()
    assert page.count("<svg") == 3
    assert "VICIdial hard limit" in page


def test_a_pacer_is_named_module_and_class():
    assert pacer_class("dialer.pacing.modes.predictive:PredictivePacer") is PredictivePacer
    for wrong in ("nowhere", "dialer.pacing.modes.predictive:Nothing", "no.such:Thing"):
        with pytest.raises(ValueError, match="pacer"):
            pacer_class(wrong)


def test_the_bench_has_a_row_for_each_pacer_and_counts_shifts_over_the_cap():
    rows = list(
        bench_rows(["n5_1h"], seeds=(1,), pacers=("progressive", "ratio 3"), timer=lambda: 0.0)
    )
    assert [row["pacer"] for row in rows] == ["progressive", "ratio 3"]
    assert [row["over_cap"] for row in rows] == [0, 1]
    assert all(0 < row["utilisation"] < 1 and row["step_ms"] == 0.0 for row in rows)
