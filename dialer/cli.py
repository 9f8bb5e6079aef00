"""The command line: `ringfence`."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from compliance import packs as rule_packs
from compliance.facts import Channel
from compliance.pack import PackError, parse
from compliance.vectors import VectorError, decide_vectors
from dialer import (
    cli_audit,
    cli_casework,
    cli_feed,
    cli_floor,
    cli_keys,
    cli_person,
    cli_recordings,
    cli_simulate,
    logs,
    process,
    runtime,
    sample,
)
from dialer.bench.command import bench
from dialer.commands import AsJson, instant, on_store, reading, show
from dialer.engine.next_moment import next_moments
from dialer.lockfile import AlreadyRunning
from dialer.settings import Settings
from dialer.store import ledger_reader
from dialer.store.database import Database
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.store.importing.columns import BadFile, read_mapping
from dialer.store.importing.history import HistoryOptions, import_history
from dialer.store.importing.report import Report

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An outreach dialer.",
)
packs_app = typer.Typer(no_args_is_help=True, help="Rule packs: validity, hash, confidence.")
ledger_app = typer.Typer(no_args_is_help=True, help="The contact ledger.")
app.add_typer(packs_app, name="packs")
app.add_typer(ledger_app, name="ledger")
app.add_typer(cli_recordings.app, name="recordings")
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_floor.relisten_app, name="relisten")
app.command("why")(cli_floor.why)
app.command("import-settings")(cli_floor.import_settings)
app.add_typer(cli_person.app, name="person")
app.command("simulate")(cli_simulate.simulate)
app.command("bench")(bench)
cli_casework.mount(app)
cli_feed.mount(app)
cli_audit.mount(app, packs=packs_app, ledger=ledger_app)

errors = Console(stderr=True)
out = Console(soft_wrap=True)


def main() -> None:
    """Run a command; refused or failed jobs end with status 1."""
    logs.set_up()
    try:
        app()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(["RINGFENCE", *map(str, problem["loc"])]).upper()
            errors.print(f"ringfence: {name}: {problem['msg']}", markup=False, highlight=False)
        sys.exit(2)
    except (
        AlreadyRunning,
        BadFile,
        PackError,
        VectorError,
        OSError,
        LookupError,
        ValueError,
    ) as error:
        errors.print(f"ringfence: {error}", markup=False)
        sys.exit(1)


@app.command()
def serve() -> None:
    """The service with console and API; settings are RINGFENCE_ variables."""
    settings = Settings()

    async def run(reactor: Any, stop: asyncio.Event) -> None:
        await runtime.serve(settings, reactor, stop, _announce)

    process.run(run)


@app.command()
def settings() -> None:
    """Every setting's environment variable, and its value now."""
    told = Settings()
    for name, value in told.model_dump().items():
        shown = re.sub(r"://[^@/]*@", "://***@", "" if value is None else str(value))
        typer.echo(f"RINGFENCE_{name.upper()}={shown}")
    for trunk in told.trunks:
        typer.echo("# trunk " + " ".join(f"{key}={value}" for key, value in trunk))


@app.command("sample")
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


@app.command()
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


@app.command("import")
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


@app.command("import-history")
def import_history_command(file: Path, dry_run: bool = False, as_json: AsJson = False) -> None:
    """Contacts from before: opening balances of every cap."""
    settings = Settings()
    options = HistoryOptions(default_country=settings.default_country, dry_run=dry_run)

    async def job(db: Database) -> Report:
        with reading(file) as progress:
            return await import_history(db, file, options, progress=progress)

    _report(on_store(settings, job), as_json=as_json)


@app.command()
def decide(file: Path, packs: Annotated[Path | None, typer.Option("--packs")] = None) -> None:
    """Decide worked cases; one JSON line each. Pure: no store, no clock.

    A malformed case is named on stderr with its field, and the others are decided all the same.
    """
    catalogue = rule_packs.read(packs) if packs else rule_packs.shipped()
    malformed = False
    for line in decide_vectors(json.loads(file.read_text("utf-8-sig")), catalogue):
        if isinstance(line, VectorError):
            malformed = True
            typer.echo(f"ringfence: {line}", err=True)
        else:
            typer.echo(json.dumps(line, ensure_ascii=False))
    if malformed:
        raise typer.Exit(1)


@app.command("next")
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


@packs_app.command("list")
def packs_list(as_json: AsJson = False) -> None:
    """All shipped packs with version, hash and review."""
    found = [
        {"id": p.pack_id, "version": p.version, "sha256": p.sha256, "review": p.legal_review}
        for _, p in sorted(rule_packs.shipped().items())
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for pack in found:
        typer.echo(f"{pack['id']:20} {pack['version']} {pack['sha256']} review: {pack['review']}")


@packs_app.command("show")
def packs_show(pack_id: str) -> None:
    """The text of one pack."""
    pack = rule_packs.shipped().get(pack_id)
    if pack is None:
        raise ValueError(f"there is no pack {pack_id}")
    typer.echo(pack.text)


@packs_app.command("check")
def packs_check(file: Path) -> None:
    """Whether a pack holds; else file, line and reason."""
    pack = parse(file.read_text("utf-8"), str(file))
    typer.echo(f"{pack.pack_id} {pack.version} {pack.sha256}: {len(pack.rules)} rules")


@ledger_app.command("verify")
def ledger_verify(
    file: Annotated[Path | None, typer.Option(help="An export, with no database.")] = None,
) -> None:
    """Walk the ledger; the first broken entry is named."""
    if file is not None:
        verified = ledger_reader.verify_file(file)
    else:
        verified = on_store(Settings(), ledger_reader.verify)
    if verified.broken is not None:
        broken = verified.broken
        raise ValueError(f"broken at {broken.stream} {broken.seq}: {broken.reason}")
    typer.echo(f"{verified.entries} entries in {verified.streams} streams: unbroken")


@ledger_app.command("export")
def ledger_export(file: Path) -> None:
    """Write the ledger as JSON lines that `verify --file` checks."""
    count = on_store(Settings(), lambda db: ledger_reader.export(db, file))
    typer.echo(f"{count} entries")


def _report(report: Report, *, as_json: bool) -> None:
    if as_json:
        problems = [asdict(problem) for problem in report.problems]
        typer.echo(json.dumps({**report.document(), "problems": problems}))
    else:
        typer.echo(f"{report.rows} rows: {report.good} good, {report.bad} bad")
    for problem in report.problems:
        errors.print(str(problem), markup=False, highlight=False)


def _announce_sample(address: str, secret: str | None) -> None:
    _announce(address, secret)
    for name, password in sample.LOG_INS.items():
        typer.echo(f"Log in as {name} with {password}")


def _announce(address: str, secret: str | None) -> None:
    typer.echo(f"Console: {address}")
    if secret is not None:
        typer.echo(f"Log in as administrator with the one-time secret {secret}")
