"""What the commands share: a job on the case store, a file's progress, instants, and data out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from dialer.key_ring import open_keys
from dialer.settings import Settings
from dialer.store.database import Database, migrate, open_database

T = TypeVar("T")


def on_store(settings: Settings, job: Callable[[Database], Awaitable[T]]) -> T:
    """Run a job on the case store, brought up to date first."""

    async def run() -> T:
        keys = open_keys(settings)
        await migrate(settings.store_url, keys)
        async with open_database(settings.store_url, keys, writer="cli") as db:
            return await job(db)

    return asyncio.run(run())


@contextmanager
def reading(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar on standard error: call what it gives with the rows read so far. A line is a row."""
    with file.open("rb") as lines:
        total = sum(1 for _ in lines)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=total)
        yield lambda done: bar.update(task, completed=done)


def instant(text: str | None, option: str) -> datetime | None:
    """An option's ISO instant; it needs an offset."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if at.tzinfo is None:
        raise typer.BadParameter("the instant needs an offset, such as Z", param_hint=option)
    return at


def show(data: dict[str, object], *, as_json: bool) -> None:
    """Data on standard output: one JSON object, or a line for each name."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, default=str))
        return
    for name, value in data.items():
        typer.echo(f"{name}: {value}")
