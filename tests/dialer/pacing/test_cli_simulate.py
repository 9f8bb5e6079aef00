"""The laboratory on the command line: a file in, figures, data and plots out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import dialer.pacing.lab
from dialer.cli import app
from dialer.pacing.lab.scenario import load_scenario

EXAMPLES = Path(dialer.pacing.lab.__file__).parent / "scenarios"


def run(*arguments: str):
    return CliRunner().invoke(app, ["simulate", *arguments])


def test_a_scenario_gives_figures_data_and_a_page(tmp_path):
    file, data, page = (tmp_path / name for name in ("short.toml", "out.json", "out.html"))
    file.write_text('base = "n5"\nshift = 600.0\n')
    pacer = "dialer.pacing.modes.progressive:ProgressivePacer"
    result = run(
        *("--scenario", str(file), "--pacer", pacer, "--seeds", "1,2"),
        *("--json", str(data), "--html", str(page)),
    )
    assert result.exit_code == 0, result.output
    assert "VICIdial tapered" in result.output
    written = json.loads(data.read_text("utf-8"))
    assert written["seeds"] == [1, 2]
    rows = {row["pacer"]: row for row in written["rows"]}
    assert rows["ProgressivePacer"]["utilisation"] == rows["progressive"]["utilisation"]
    assert "<svg" in page.read_text("utf-8")


def test_a_pacer_alone_and_wrong_seeds_named(tmp_path):
    file = tmp_path / "short.json"
    file.write_text('{"base": "n5", "shift": 300}')
    alone = run("--scenario", str(file), "--alone")
    assert "PredictivePacer" in alone.output
    assert "progressive" not in alone.output
    wrong = run("--scenario", str(file), "--seeds", "1,two")
    assert wrong.exit_code == 2
    assert "--seeds" in wrong.output


@pytest.mark.parametrize("file", sorted(EXAMPLES.iterdir()), ids=lambda path: path.stem)
def test_every_example_is_a_scenario(file):
    assert load_scenario(file).name == file.stem
