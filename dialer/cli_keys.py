"""`ringfence keys`: the keys under which personal data and recordings are sealed."""

from __future__ import annotations

import typer
from sqlalchemy import func, select

from dialer.commands import on_store, show
from dialer.key_ring import ENVIRONMENT, open_keys
from dialer.options import AsJson
from dialer.settings import Settings
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.reseal import reseal, values_by_key
from recordings.keys import rotate as add_key

app = typer.Typer(no_args_is_help=True, help="The keys that seal personal data and recordings.")


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Each key, oldest first, and what is sealed under it; the last one seals what is new."""
    settings = Settings()

    async def count(db: Database) -> dict[str, object]:
        async with db.read() as conn:
            values = await values_by_key(conn)
            kept = tables.recordings
            query = (
                select(kept.c.key_id, func.count().label("kept"))
                .where(kept.c.state == "sealed")
                .group_by(kept.c.key_id)
            )
            audio = {row.key_id: row.kept for row in await conn.execute(query)}
        return {
            key_id: {"values": values[key_id], "recordings": audio.get(key_id, 0)}
            for key_id in db.keys.ids
        }

    show(on_store(settings, count), as_json=as_json)


@app.command("rotate")
def rotate() -> None:
    """Add a fresh key to the key file and seal every value anew under it.

    It may be stopped; `ringfence keys reseal` goes on. Recordings stay under their old keys, so
    the file keeps them. A service that runs learns of the new key by itself.
    """
    settings = Settings()
    if settings.keys is not None:
        typer.echo(f"the keys are in {ENVIRONMENT}: add one there, last, then reseal", err=True)
        raise typer.Exit(1)
    open_keys(settings)
    ring = add_key(settings.key_path)
    typer.echo(f"key {ring.newest.key_id} is added to {settings.key_path}")
    _reseal(settings)


@app.command("reseal")
def reseal_all() -> None:
    """Seal anew, under the newest key, whatever older keys sealed; what is done is left out."""
    _reseal(Settings())


def _reseal(settings: Settings) -> None:
    def tell(table: str, rows: int) -> None:
        typer.echo(f"{table}: {rows} rows")

    async def run(db: Database) -> int:
        return await reseal(db, tell)

    typer.echo(f"{on_store(settings, run)} rows sealed anew")
