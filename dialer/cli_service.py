"""The commands that serve: the console with its service, the sample, and the demo."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from dialer import process, runtime, sample
from dialer.commands import instant
from dialer.settings import Settings

out = Console(soft_wrap=True)


def serve() -> None:
    """The service with console and API; settings are RINGFENCE_ variables."""
    settings = Settings()

    async def run(reactor: Any, stop: asyncio.Event) -> None:
        await runtime.serve(settings, reactor, stop, _announce)

    process.run(run)


def run_sample(
    seed: int = sample.SEED,
    listen: Annotated[
        str | None, typer.Option(help="Host and port; else RINGFENCE_LISTEN.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="Start the clock at this ISO instant.")] = None,
) -> None:
    """The sample portfolio on the simulated town, with the console."""
    told = Settings()
    folder = told.data_dir / "sample"
    start = instant(at, "--at")

    async def run(reactor: Any, stop: asyncio.Event) -> None:
        await sample.serve(
            folder,
            seed=seed,
            at=start,
            listen=listen or told.listen,
            reactor=reactor,
            stop=stop,
            announce=_announce_sample,
        )

    process.run(run)


def demo(
    seconds: int = 30,
    seed: int = sample.SEED,
    at: Annotated[str | None, typer.Option(help="Start the clock at this ISO instant.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the summary.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Use, and keep, this data folder.")] = None,
) -> None:
    """The main job, headless, on a fresh store; prints what came of it."""
    start = instant(at, "--at")
    summary: dict[str, object] = {}

    async def run(reactor: Any, stop: asyncio.Event) -> None:
        with tempfile.TemporaryDirectory(prefix="ringfence-") as fresh:
            summary.update(
                await sample.demo(
                    keep or Path(fresh),
                    seconds=seconds,
                    seed=seed,
                    at=start,
                    reactor=reactor,
                    stop=stop,
                )
            )

    process.run(run)
    text = json.dumps(summary, indent=2)
    if json_file is not None:
        json_file.write_text(text + "\n", "utf-8")
    out.print(text, markup=False, highlight=False)


def _announce_sample(address: str, secret: str | None) -> None:
    _announce(address, secret)
    for name, password in sample.LOG_INS.items():
        typer.echo(f"Log in as {name} with {password}")


def _announce(address: str, secret: str | None) -> None:
    typer.echo(f"Console: {address}")
    if secret is not None:
        typer.echo(f"Log in as administrator with the one-time secret {secret}")
