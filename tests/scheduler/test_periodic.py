"""Periodic jobs run, fail alone, never overlap, and end with the process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
import structlog
from structlog.testing import capture_logs

from scheduler.periodic import next_daily, periodic


async def test_a_failing_job_is_logged_and_stops_neither_itself_nor_others():
    failures = good = 0
    twice = asyncio.Event()

    async def bad() -> None:
        nonlocal failures
        failures += 1
        if failures == 2:
            twice.set()
        raise RuntimeError("the report could not be written")

    async def fine() -> None:
        nonlocal good
        good += 1

    structlog.reset_defaults()
    with capture_logs() as logs:
        async with periodic() as jobs, asyncio.timeout(10):
            jobs.every(1, bad, "bad")
            jobs.every(1, fine, "fine")
            await twice.wait()
    told = [entry for entry in logs if entry["event"] == "periodic job failed"]
    assert told[0]["job"] == "bad"
    assert "could not be written" in told[0]["error"]
    assert good >= 1


async def test_a_running_job_is_cancelled_and_awaited_at_the_end_and_never_overlaps():
    started = 0
    cleaned = False
    begun = asyncio.Event()

    async def slow() -> None:
        nonlocal started, cleaned
        started += 1
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned = True

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 2:
            enough.set()

    ticks = 0
    enough = asyncio.Event()
    with capture_logs() as logs:
        async with periodic() as jobs, asyncio.timeout(10):
            jobs.every(1, slow, "slow")
            await begun.wait()
            jobs.every(1, tick, "tick")
            await enough.wait()
        assert cleaned
    assert started == 1
    assert not logs


async def test_a_name_is_used_once_and_a_pace_is_sane():
    async def job() -> None: ...

    async with periodic() as jobs:
        jobs.daily(time(2, 0), ZoneInfo("Asia/Shanghai"), job, "closing")
        with pytest.raises(Exception, match="closing"):
            jobs.every(60, job, "closing")
        with pytest.raises(ValueError, match="too often"):
            jobs.every(0.1, job, "busy")


@pytest.mark.parametrize(
    ("at", "first_day", "expected"),
    [
        (time(2, 30), datetime(2026, 3, 7, 12, tzinfo=UTC), ["08T07:30", "09T06:30", "10T06:30"]),
        (time(1, 30), datetime(2026, 10, 31, 12, tzinfo=UTC), ["01T05:30", "02T06:30", "03T06:30"]),
    ],
)
def test_daily_is_once_a_day_also_when_clocks_change(
    at: time, first_day: datetime, expected: list[str]
):
    found = []
    moment = first_day
    for _ in expected:
        moment = next_daily(at, ZoneInfo("America/New_York"), moment)
        found.append(moment.strftime("%dT%H:%M"))
    assert found == expected
