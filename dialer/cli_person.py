"""`ringfence person`: what is held on one person, handed out or erased on request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.commands import on_store
from dialer.model.erasure import ErasurePlan
from dialer.reports.subject_export import subject_export
from dialer.settings import Settings
from dialer.store import erasure
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append
from dialer.store.person_rows import NobodyThere

WHO = "cli"

app = typer.Typer(no_args_is_help=True, help="A person's own data: export and erasure.")
Person = Annotated[str, typer.Option("--person", help="The person's own id.")]
Why = Annotated[str, typer.Option(help="The purpose; it is written into the ledger.")]


@app.command("export")
def export(
    person: Person, why: Why, out: Annotated[Path, typer.Option(help="Where the ZIP goes.")]
) -> None:
    """Everything that is held on one person, as JSON with their papers."""

    async def job(db: Database) -> bytes:
        async with db.read() as conn:
            content = await subject_export(conn, person, db.clock.now())
        body = {"page": "ringfence person export", "by": WHO, "purpose": why}
        async with db.write() as conn:
            await append(db, conn, [Draft(kind="audit.looked", body=body, person=person)])
        return content

    try:
        out.write_bytes(on_store(Settings(), job))
    except NobodyThere as error:
        raise _refused(str(error)) from error
    typer.echo(f"{out}: {out.stat().st_size} bytes")


@app.command("erase")
def erase(
    person: Person,
    why: Why,
    yes: Annotated[bool, typer.Option(help="Erase; without it only the plan is shown.")] = False,
) -> None:
    """Erase a person, or say what stands against it; what is kept is named with its reason."""

    async def job(db: Database) -> ErasurePlan:
        now = db.clock.now()
        if yes:
            return await erasure.erase(db, person, by=WHO, purpose=why, now=now)
        async with db.read() as conn:
            return await erasure.erasure_plan(conn, person, now)

    try:
        found = on_store(Settings(), job)
    except NobodyThere as error:
        raise _refused(str(error)) from error
    for part in found.erased:
        typer.echo(f"{'erased' if yes else 'would be erased'}: {part}")
    for kept in found.kept:
        until = f", until {kept.until}" if kept.until else ""
        typer.echo(f"kept: {kept.what}: {kept.why}{until}")
    if not found.erased:
        raise typer.Exit(1)


def _refused(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)
