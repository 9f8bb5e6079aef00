"""Why is nobody being dialed? The store answers, with what the loop said last."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialer.cli import app
from dialer.reports.why import Answer, why
from dialer.store import campaigns
from tests.dialer.engine.conftest import Floor
from tests.dialer.store.people import add_campaign, add_somebody, catalogue

NIGHT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # three in New York


async def asked(floor: Floor) -> Answer:
    now = floor.clock.now()
    async with floor.db.read() as conn:
        [answer] = await why(conn, catalogue(), now=now, since=now - timedelta(days=1))
    return answer


async def test_each_reason_is_named_as_it_comes(floor: Floor) -> None:
    campaign = await add_campaign(floor.db)
    assert [note.why for note in (await asked(floor)).notes] == ["not_running"]
    await campaigns.start(floor.db, campaign, now=floor.clock.now())
    assert [note.why for note in (await asked(floor)).notes] == ["no_service", "empty"]
    floor.calls.unready = "trunk: no route"
    await add_somebody(floor.db, campaign=campaign)
    await floor.clock.advance(2)
    await floor.tick()
    [note] = (await asked(floor)).notes
    assert (note.why, note.channel, note.reason) == ("unready", "call", "trunk: no route")


async def test_outside_lawful_hours_it_says_until_when_and_where(floor: Floor) -> None:
    campaign = await add_campaign(floor.db)
    await add_somebody(floor.db, campaign=campaign)
    await campaigns.start(floor.db, campaign, now=floor.clock.now())
    await floor.clock.advance((NIGHT - floor.clock.now()).total_seconds())
    await floor.tick()
    await floor.clock.advance(2)
    await floor.tick()
    [note] = (await asked(floor)).notes
    assert note.why == "hours"
    assert note.rule == "US-REGF-HOURS"
    assert note.until == datetime(2026, 11, 25, 13, 0, tzinfo=UTC)
    assert note.zone == "America/New_York"


async def test_a_worker_that_is_gone_is_said(floor: Floor) -> None:
    campaign = await add_campaign(floor.db)
    await campaigns.start(floor.db, campaign, now=floor.clock.now())
    await floor.tick()
    assert "no_service" not in [note.why for note in (await asked(floor)).notes]
    await floor.clock.advance(60)
    assert "no_service" in [note.why for note in (await asked(floor)).notes]


def test_the_command_answers_for_one_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("RINGFENCE_DATABASE_URL", raising=False)
    runner = CliRunner()
    assert json.loads(runner.invoke(app, ["why", "--json"]).stdout) == []
    unknown = runner.invoke(app, ["why", "--campaign", "spring"])
    assert isinstance(unknown.exception, ValueError)
