"""The floor on the command line: why nobody is dialed, VICIdial's settings, calls to hear again."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import packs as rule_packs
from dialer.commands import on_store, show
from dialer.options import AsJson
from dialer.pacing.vicidial_settings import Understood, understand
from dialer.reports.standstill import Note
from dialer.reports.why import Answer
from dialer.reports.why import why as answers_of
from dialer.settings import Settings
from dialer.store import campaigns, relistening
from dialer.store.database import Database

LISTENED_BACK = timedelta(days=30)


def why(
    campaign: Annotated[str | None, typer.Option(help="Its name; all of them without.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why is nobody being dialed? Agents, due cases, hours, rules, trunk, lines, budget."""
    settings = Settings()
    catalogue = rule_packs.read(settings.packs_dir) if settings.packs_dir else rule_packs.shipped()

    async def job(db: Database) -> list[Answer]:
        now = db.clock.now()
        async with db.read() as conn:
            ident = None if campaign is None else await _campaign(conn, campaign)
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return await answers_of(conn, catalogue, now=now, since=midnight, campaign_id=ident)

    found = on_store(settings, job)
    if as_json:
        typer.echo(json.dumps([one.document() for one in found], ensure_ascii=False))
        return
    for one in found:
        typer.echo(f"{one.name} ({one.state}, {one.mode}): {_heading(one)}")
        for note in one.notes:
            typer.echo(f"  - {said(note)}")


def _heading(one: Answer) -> str:
    lines, agents = sum(one.lines.values()), sum(one.agents.values())
    return f"{one.due} due, {one.waiting} later, {lines} calls up, {agents} agents at work"


def said(note: Note) -> str:
    """A note as a sentence."""
    until = _clock(note.until, note.zone) if note.until else ""
    match note.why:
        case "unready":
            return f"{note.channel}: {note.reason}"
        case "hours":
            return f"outside lawful hours until {until} ({note.rule}, {note.cases} cases)"
        case "rule":
            return f"nothing is allowed until {until} ({note.rule}, {note.cases} cases)"
        case "strategy":
            return f"the strategy's next contact is due {until} ({note.cases} cases)"
        case "held":
            return f"{note.cases} cases are held until something about their consumers changes"
        case "finished":
            return "every case is finished"
        case "not_running":
            return "the campaign does not run"
        case "no_service":
            return "no service works this campaign: none has said anything of it lately"
    return "there is no case in it"


def _clock(at: datetime, zone: str | None) -> str:
    local = at.astimezone(ZoneInfo(zone)) if zone else at
    return f"{local:%Y-%m-%d %H:%M} {zone or local.tzname()}"


def import_settings(file: Path, dry_run: bool = False, as_json: AsJson = False) -> None:
    """VICIdial's settings of campaigns (CSV with its own column names), by the campaign's name."""
    settings = Settings()
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))

    async def job(db: Database) -> list[Understood]:
        return [await _taken(db, n, row, dry_run=dry_run) for n, row in enumerate(rows, 2)]

    done = on_store(settings, job)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], ensure_ascii=False))
        return
    for one in done:
        taken = {"mode": one.mode, "ratio": one.ratio, **one.settings}
        words = (f"{name} = {value}" for name, value in taken.items() if value is not None)
        typer.echo(f"{one.name}: {', '.join(words) or 'nothing taken'}")
        for theirs, reason in one.left.items():
            typer.echo(f"  {theirs}: {reason}")


async def _taken(db: Database, number: int, row: dict[str, str], *, dry_run: bool) -> Understood:
    """Lay one row over its campaign. Raises ValueError that names the row."""
    try:
        said = understand({name: value or "" for name, value in row.items() if name})
    except ValueError as error:
        raise ValueError(f"row {number}, {error}") from error
    async with db.read() as conn:
        known = await campaigns.find(conn, said.name)
    if known is None:
        raise ValueError(f"row {number}, campaign_name: there is no campaign {said.name!r}")
    if dry_run:
        return said
    now = db.clock.now()
    if said.settings:
        await campaigns.configure(db, known.id, said.over(known.settings), now=now, by="import")
    if said.mode is not None:
        pacing = {} if said.ratio is None else {"ratio": said.ratio}
        await campaigns.pace(
            db,
            known.id,
            mode=said.mode,
            lines=known.lines,
            pacing=pacing,
            now=now,
            by="import",
        )
    return said


relisten_app = typer.Typer(
    no_args_is_help=True, help="Calls hung up as machines, heard again: detection's mistakes."
)


@relisten_app.command("next")
def relisten_next(campaign: str, as_json: AsJson = False) -> None:
    """A call at random that nobody has listened to; fetch it by its recording's name."""

    async def job(db: Database) -> dict[str, object]:
        since = db.clock.now() - LISTENED_BACK
        async with db.read() as conn:
            ident = await _campaign(conn, campaign)
            found = await relistening.draw(conn, ident, since, random.Random())
        if found is None:
            raise ValueError("every recorded call that was hung up as a machine is listened to")
        return asdict(found)

    show(on_store(Settings(), job), as_json=as_json)


@relisten_app.command("note")
def relisten_note(
    attempt: str,
    heard: Annotated[str, typer.Argument(help="person or machine")],
    by: Annotated[str, typer.Option(help="Who listened.")],
) -> None:
    """What was heard on that call; the abandonment budget counts with it."""

    async def job(db: Database) -> None:
        await relistening.note(db, attempt, heard, now=db.clock.now(), by=by)

    on_store(Settings(), job)


async def _campaign(conn: AsyncConnection, name: str) -> str:
    found = await campaigns.find(conn, name)
    if found is None:
        raise ValueError(f"there is no campaign {name!r}")
    return found.id
