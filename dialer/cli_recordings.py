"""`ringfence recordings`: what was recorded, and a copy of one, with the reason kept."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from dialer.key_ring import open_keys
from dialer.runtime import wires
from dialer.settings import Settings
from dialer.store import recordings
from dialer.store.database import open_database
from dialer.store.recordings import Sought
from scheduler.clock import SystemClock

SHOWN = (
    *("name", "sha256", "duration_ms", "sealed_at", "state"),
    *("case_id", "campaign_id", "outcome"),
)

app = typer.Typer(no_args_is_help=True, help="Sealed recordings.")


@app.command("list")
def list_recordings(limit: int = 100) -> None:
    """The newest recordings, one JSON line each."""

    async def run() -> None:
        settings = Settings()
        store = open_database(settings.store_url, open_keys(settings), writer="cli")
        async with store as db, db.read() as conn:
            for row in await recordings.find(conn, Sought(), limit=limit):
                typer.echo(json.dumps({name: getattr(row, name) for name in SHOWN}, default=str))

    asyncio.run(run())


@app.command("fetch")
def fetch(
    name: str,
    out: Annotated[Path, typer.Option(help="Where the WAV goes.")],
    why: Annotated[str, typer.Option(help="The purpose; it is written into the ledger.")],
    by: Annotated[str, typer.Option(help="Who asks.")] = "cli",
) -> None:
    """Decrypt one recording into a two-channel G.711 WAV; every frame is checked."""
    settings = Settings()

    async def run() -> None:
        vault = wires.open_vault(settings, SystemClock())
        async with open_database(settings.store_url, open_keys(settings), writer="cli") as db:
            await recordings.note_access(db, name, by=by, purpose=why)
        with out.open("wb") as file:
            async for chunk in vault.read(name):
                file.write(chunk)

    asyncio.run(run())
    typer.echo(f"{out}: {out.stat().st_size} bytes")
