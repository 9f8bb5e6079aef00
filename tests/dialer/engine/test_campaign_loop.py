"""From a running campaign to a settled attempt, and every way in which nothing is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from dialer.store import campaigns, tables
from dialer.store.attempts import NOT_SENT
from tests.dialer.engine.conftest import LINES, NOON, Floor
from tests.dialer.store.people import add_campaign, add_somebody


async def running(floor: Floor) -> str:
    campaign = await add_campaign(floor.db)
    await campaigns.start(floor.db, campaign, now=floor.clock.now())
    return campaign


async def rows(floor: Floor, table: str, *columns: str) -> list[tuple[object, ...]]:
    chosen = [tables.metadata.tables[table].c[name] for name in columns]
    async with floor.db.read() as conn:
        return [tuple(row) for row in await conn.execute(select(*chosen))]


async def test_a_due_case_is_called_settled_and_planned_for_its_next_step(floor: Floor) -> None:
    await add_somebody(floor.db, campaign=await running(floor))
    await floor.tick()
    assert len(floor.calls.sent) == 1
    assert await rows(floor, "attempts", "channel", "state", "outcome") == [
        ("call", "closed", "no_answer")
    ]
    planned = await rows(floor, "campaign_cases", "state", "next_channel", "next_at")
    assert planned == [("due", "sms", NOON + timedelta(days=1))]


async def test_nothing_is_decided_while_the_trunk_is_down_and_the_reason_is_told(
    floor: Floor,
) -> None:
    campaign = await running(floor)
    await add_somebody(floor.db, campaign=campaign)
    floor.calls.unready = "trunk: no answer to OPTIONS"
    await floor.tick()
    assert floor.calls.sent == []
    assert await rows(floor, "decisions", "id") == []
    assert floor.loop.waiting[campaign] == "call: trunk: no answer to OPTIONS"
    floor.calls.unready = None
    await floor.tick()
    assert len(floor.calls.sent) == 1


@pytest.mark.parametrize(
    ("tz", "country", "rule"),
    [
        (None, "US", "RF-ZONE-UNKNOWN"),
        ("America/New_York", None, "RF-COUNTRY-UNKNOWN"),
        ("Antarctica/Troll", "AQ", "RF-PACK-MISSING"),
    ],
)
async def test_a_missing_fact_is_refused_recorded_and_told(
    floor: Floor, tz: str | None, country: str | None, rule: str
) -> None:
    await add_somebody(floor.db, tz=tz, country=country, campaign=await running(floor))
    async with floor.feed.subscribe("refusal") as told:
        await floor.tick()
        _, event = await anext(told)
    assert floor.calls.sent == []
    assert await rows(floor, "attempts", "id") == []
    [(allowed, rules)] = await rows(floor, "decisions", "allowed", "rules")
    assert not allowed
    assert isinstance(rules, list)
    assert rule in rules
    assert event.data["rule"]


async def test_a_ledger_that_cannot_be_written_sends_nothing(floor: Floor) -> None:
    await add_somebody(floor.db, campaign=await running(floor))
    async with floor.db.write() as conn:
        await conn.execute(text("alter table ledger rename to ledger_gone"))
    await floor.tick()
    assert floor.calls.sent == []
    assert await rows(floor, "attempts", "id") == []
    assert await rows(floor, "decisions", "id") == []


async def test_what_was_not_sent_is_tried_again_and_counts_for_nothing(floor: Floor) -> None:
    await add_somebody(floor.db, campaign=await running(floor))
    floor.calls.outcome = NOT_SENT
    for _ in range(10):  # more than seven: the weekly cap would have closed the way
        await floor.tick()
        await floor.clock.advance(60)
    assert len(floor.calls.sent) == 10
    floor.calls.outcome = "no_answer"
    await floor.tick()
    outcomes = await rows(floor, "attempts", "outcome")
    assert sorted(outcomes) == [("no_answer",), *[(NOT_SENT,)] * 10]


async def test_campaigns_share_the_lines(floor: Floor) -> None:
    for number in range(2 * LINES):
        name = f"campaign {number % 2}"
        async with floor.db.read() as conn:
            known = await campaigns.find(conn, name)
        campaign = known.id if known else await add_campaign(floor.db, name)
        await campaigns.start(floor.db, campaign, now=floor.clock.now())
        await add_somebody(floor.db, number=f"+1212555010{number}", campaign=campaign)
    await floor.loop.tick()
    assert floor.supervisor.running("call") == LINES
    assert await floor.supervisor.drain(10) == 0
    await floor.tick()
    assert len(floor.calls.sent) == 2 * LINES


async def test_a_paused_campaign_starts_nothing(floor: Floor) -> None:
    campaign = await running(floor)
    await add_somebody(floor.db, campaign=campaign)
    await campaigns.pause(floor.db, campaign, now=floor.clock.now())
    await floor.tick()
    assert floor.calls.sent == []
