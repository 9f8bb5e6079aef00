"""What the commands share: a job on the case store, instants, and data out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from dialer.settings import Settings
from dialer.store.database import Database, migrate, open_database

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Data as JSON.")]


def on_store(settings: Settings, job: Callable[[Database], Awaitable[T]]) -> T:
    """Run a job on the case store, brought up to date first."""

    async def run() -> T:
        await migrate(settings.store_url)
        async with open_database(settings.store_url, writer="cli") as db:
            return await job(db)

    return asyncio.run(run())


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
