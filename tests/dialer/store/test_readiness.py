"""A store that cannot be written says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dialer.store.database import migrate, open_database
from dialer.store.readiness import readiness
from tests.keys import KEYS


async def test_a_ledger_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url, KEYS)
    async with open_database(url, KEYS) as db:
        assert await readiness(db) == {"store": None, "ledger": None}
        with sqlite3.connect(file) as other:
            other.execute("drop table ledger_heads")
        found = await readiness(db)
    assert found["store"] is None
    assert "ledger_heads" in str(found["ledger"])
