"""The commands that bring people in from files, and say when one may be contacted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from compliance import packs as rule_packs
from compliance.facts import Channel
from dialer.commands import on_store, reading, show
from dialer.engine.next_moment import next_moments
from dialer.options import AsJson
from dialer.settings import Settings
from dialer.store.database import Database
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.store.importing.columns import read_mapping
from dialer.store.importing.history import HistoryOptions, import_history
from dialer.store.importing.report import Report

errors = Console(stderr=True)


def import_command(
    file: Path,
    *,
    campaign: str | None = None,
    mapping: Annotated[Path | None, typer.Option(help="TOML that renames columns.")] = None,
    dry_run: bool = False,
    fresh_placement: Annotated[
        bool, typer.Option(help="Nobody in the file was contacted about these debts before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Consumers, debts, contact points and consents from a CSV file; every bad row is named."""
    settings = Settings()
    options = CaseOptions(
        default_country=settings.default_country,
        campaign=campaign,
        mapping=read_mapping(mapping) if mapping else None,
        fresh_placement=fresh_placement,
        dry_run=dry_run,
    )

    async def job(db: Database) -> Report:
        with reading(file) as progress:
            return await import_cases(db, file, options, progress=progress)

    _report(on_store(settings, job), as_json=as_json)


def import_history_command(file: Path, dry_run: bool = False, as_json: AsJson = False) -> None:
    """Contacts from before: opening balances of every cap."""
    settings = Settings()
    options = HistoryOptions(default_country=settings.default_country, dry_run=dry_run)

    async def job(db: Database) -> Report:
        with reading(file) as progress:
            return await import_history(db, file, options, progress=progress)

    _report(on_store(settings, job), as_json=as_json)


def next_command(
    person: Annotated[str, typer.Option()],
    channel: Annotated[Channel, typer.Option()],
    as_json: AsJson = False,
) -> None:
    """The next lawful moment, the rule that binds, and what would move it."""
    settings = Settings()

    async def job(db: Database) -> dict[str, object]:
        answers = await next_moments(
            db,
            rule_packs.shipped(),
            person,
            [channel],
            actor=settings.actor,
            now=db.clock.now(),
        )
        if answers is None:
            raise ValueError(f"there is no person {person}")
        answer = answers[channel]
        first = answer.first_allowed_at
        return {
            "first_allowed_at": first.isoformat() if first else None,
            "binding_rule": answer.binding_rule,
            "unlock": answer.unlock,
        }

    show(on_store(settings, job), as_json=as_json)


def _report(report: Report, *, as_json: bool) -> None:
    if as_json:
        problems = [asdict(problem) for problem in report.problems]
        typer.echo(json.dumps({**report.document(), "problems": problems}))
    else:
        typer.echo(f"{report.rows} rows: {report.good} good, {report.bad} bad")
    for problem in report.problems:
        errors.print(str(problem), markup=False, highlight=False)
