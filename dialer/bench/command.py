"""`ringfence bench`: one bench, or all of them."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialer.bench import (
    amd,
    calls,
    cases,
    chaos,
    claim,
    decide,
    gate,
    importing,
    mails,
    pacing,
    replay,
    soak,
    texts,
)
from dialer.bench.result import Result

BENCHES: Mapping[str, Callable[[], Awaitable[Result]]] = {
    "decide": decide.run,
    "gate": gate.run,
    "claim": claim.run,
    "cases": cases.run,
    "amd": amd.run,
    "calls": calls.run,
    "sms": texts.run,
    "email": mails.run,
    "import": importing.run,
    "replay": replay.run,
    "chaos": chaos.run,
    "pacing": pacing.run,
}
ALL = "all"
SOAK = "soak"
"""Takes as long as it is told, and so is not one of all."""
WIDTH = 170
"""Columns of a table where the output is not a terminal."""


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join([*BENCHES, SOAK, ALL])}.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures.")] = None,
    minutes: Annotated[float, typer.Option(help="How long the soak lasts.")] = 30.0,
    size: Annotated[int, typer.Option(help="Cases of the bench of that name.")] = 10_000,
) -> None:
    """Measure what the product carries, each figure beside a bare baseline of the same run."""
    benches: Mapping[str, Callable[[], Awaitable[Result]]] = {
        **BENCHES,
        SOAK: partial(soak.run, minutes=minutes),
        "cases": partial(cases.run, cases=size),
    }
    if name != ALL and name not in benches:
        raise typer.BadParameter(f"there is no bench {name!r}", param_hint="NAME")
    out = Console()
    if not out.is_terminal:
        out = Console(width=WIDTH)
    found: dict[str, object] = {}
    for each in BENCHES if name == ALL else [name]:
        result = asyncio.run(_run(benches[each]))
        found[each] = result.document()
        out.print(result.table())
        if json_file is not None:
            document = {"machine": _machine(), "benches": found}
            json_file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


async def _run(measure: Callable[[], Awaitable[Result]]) -> Result:
    return await measure()


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load": round(os.getloadavg()[0], 2),
    }
