"""Processes at one store, killed at any moment: no cap is passed, and no slot is lost for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.bench.chaos import Aftermath, Storm, endure
from dialer.bench.chaos_workers import CAP
from dialer.store.database import migrate
from tests.keys import KEYS

ADMISSIONS, KILLS, PEOPLE = 2_000, 20, 50


async def storm(url: str, workers: int) -> Aftermath:
    """Fewer people than the workers have slots for, so that everyone reaches the cap."""
    await migrate(url, KEYS)
    hard = Storm(admissions=ADMISSIONS, kills=KILLS, people=PEOPLE, workers=workers, busy_share=0.4)
    return await endure(url, hard)


def check(after: Aftermath) -> None:
    assert after.faults == ()
    assert after.most_held == CAP
    assert after.admissions >= ADMISSIONS
    assert after.kills >= KILLS
    assert after.permits >= after.sent > PEOPLE * CAP / 2


@pytest.mark.timeout(240)
async def test_killed_processes_on_sqlite(tmp_path: Path) -> None:
    check(await storm(f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}", workers=4))


@pytest.mark.timeout(240)
@pytest.mark.peer("postgres")
async def test_sixteen_killed_processes_on_postgres(postgres_url: str) -> None:
    check(await storm(postgres_url, workers=16))
