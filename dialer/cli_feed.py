"""The commands of the case-store feed: its catalogue, files by period, the past told again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.commands import instant, on_store
from dialer.engine.feed_files import write_feed
from dialer.model.feed_catalogue import as_markdown
from dialer.settings import Settings
from dialer.store import cases, outbox
from dialer.store.database import Database
from dialer.store.outbox import Between

WHO = "cli"

feed_app = typer.Typer(no_args_is_help=True, help="The feed to the bank's own system.")
Since = Annotated[str, typer.Option("--from", help="The first instant, with an offset.")]
Until = Annotated[str | None, typer.Option("--to", help="The instant after the last.")]
Case = Annotated[str | None, typer.Option("--case", help="Only this case, by its number.")]


@feed_app.command("catalogue")
def catalogue() -> None:
    """Every event and its data, as Markdown."""
    typer.echo(as_markdown())


@feed_app.command("export")
def export(
    since: Since,
    out: Annotated[Path, typer.Option(help="The file of JSON lines.")],
    until: Until = None,
    case: Case = None,
) -> None:
    """Events of a period into a file, signed beside it where there is a webhook secret."""
    settings = Settings()
    secret = settings.webhook_secret

    async def job(db: Database) -> int:
        key = secret.get_secret_value().encode() if secret else None
        return await write_feed(db, await _period(db, since, until, case), out, key)

    typer.echo(f"events: {on_store(settings, job)}")


@feed_app.command("replay")
def replay(since: Since, until: Until = None, case: Case = None) -> None:
    """Have the events of a period delivered again, in order per case."""

    async def job(db: Database) -> int:
        period = await _period(db, since, until, case)
        return await outbox.replay(db, period, by=WHO, now=db.clock.now())

    typer.echo(f"events to be delivered again: {on_store(Settings(), job)}")


async def _period(db: Database, since: str, until: str | None, case: str | None) -> Between:
    case_id = None
    if case is not None:
        async with db.read() as conn:
            case_id = await cases.find(conn, case)
        if case_id is None:
            raise ValueError(f"there is no case {case}")
    first = instant(since, "--from")
    assert first is not None
    return Between(since=first, until=instant(until, "--to"), case_id=case_id)
