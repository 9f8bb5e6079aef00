"""Fresh case stores to measure on: a SQLite file, and a PostgreSQL where its programs are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dialer.bench import postgres
from dialer.store.database import migrate
from recordings.keys import Key, KeyRing

SQLITE = "SQLite"
POSTGRES = "PostgreSQL"

KEYS = KeyRing([Key(key_id="bench", secret=bytes(range(32)))], bytes(range(32, 64)))
"""Of stores that hold nobody's data and last as long as a bench."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The kinds of store that can be had here. `left_out` says which cannot, and why."""

    folder: Path
    server: str | None  # the URL of the private PostgreSQL

    @property
    def kinds(self) -> list[str]:
        return [SQLITE, POSTGRES] if self.server else [SQLITE]

    @property
    def left_out(self) -> list[str]:
        return [] if self.server else [f"{POSTGRES}: initdb is not installed"]

    async def fresh(self, kind: str) -> str:
        """The URL of a new, empty store in the newest form."""
        if kind == POSTGRES:
            assert self.server is not None
            url = await postgres.new_database(self.server)
        else:
            taken = len(list(self.folder.glob("*.sqlite")))
            url = f"sqlite+aiosqlite:///{self.folder / f'{taken}.sqlite'}"
        await migrate(url, KEYS)
        return url


@asynccontextmanager
async def open_stores() -> AsyncIterator[Stores]:
    """Stores that go away with this context."""
    with TemporaryDirectory(prefix="ringfence-bench-") as folder:
        if postgres.programs() is None:
            yield Stores(folder=Path(folder), server=None)
            return
        async with postgres.private_server() as server:
            yield Stores(folder=Path(folder), server=server)
