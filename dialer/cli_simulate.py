"""`ringfence simulate`: a shift in the pacing laboratory, before a setting meets a live call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from dialer.pacing.lab.report import DEFAULT_PACER, HEADS, run_scenario_file, shown

NARROWEST = 110  # columns that the table needs where there is no terminal to ask


def simulate(
    *,
    scenario: Annotated[Path, typer.Option(help="The shift, as TOML or JSON.")],
    pacer: Annotated[str, typer.Option(help="module:Class that paces it.")] = DEFAULT_PACER,
    seeds: Annotated[str, typer.Option(help="Whole numbers with commas; a shift for each.")] = "1",
    alone: Annotated[bool, typer.Option(help="Without the baselines beside it.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the data.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the plots.")] = None,
) -> None:
    """A simulated shift with a pacer, beside progressive, fixed ratios and VICIdial's modes."""
    report = run_scenario_file(scenario, pacer, seeds=_seeds(seeds), compare=not alone)
    data = report.as_json()
    if json_file is not None:
        json_file.write_text(json.dumps(data, indent=2) + "\n", "utf-8")
    if html_file is not None:
        html_file.write_text(report.as_html(), "utf-8")
    console = Console()
    console.width = max(console.width, NARROWEST)
    console.print(_table(f"Scenario {report.scenario}", data["rows"]))


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}", param_hint="--seeds") from error


def _table(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for number, head in enumerate(HEADS):
        table.add_column(head, justify="left" if number == 0 else "right", no_wrap=number == 0)
    for row in rows:
        table.add_row(*map(shown, row.values()))
    return table
