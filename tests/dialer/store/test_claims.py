"""Claims: each due case goes to one worker, in order; a lapsed lease is due again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from compliance.facts import Channel
from dialer.model.campaign import CampaignState, WrongMove
from dialer.store import campaigns, case_events, claims, tables
from dialer.store.claims import DueCase
from dialer.store.database import Database, migrate, open_database
from dialer.store.work import FollowUp, WorkState
from scheduler.clock import ManualClock
from tests.dialer.store.people import add_campaign, add_somebody, put
from tests.keys import KEYS

LEASE = timedelta(minutes=1)


@pytest.fixture
async def campaign(db: Database) -> str:
    return await add_campaign(db)


async def add_cases(db: Database, campaign: str, ranks: list[int]) -> list[str]:
    one = await add_somebody(db)
    now = db.clock.now()
    ids = [f"case-{number:04d}" for number in range(len(ranks))]
    async with db.write() as conn:
        rows = [
            {
                "id": ident,
                "case_ref": ident,
                "consumer_id": one.person,
                "rank": rank,
                "created_at": now,
                "updated_at": now,
            }
            for ident, rank in zip(ids, ranks, strict=True)
        ]
        await conn.execute(insert(tables.cases), rows)
        await campaigns.add_cases(conn, campaign, ids, now=now)
    return ids


async def claim(
    db: Database, campaign: str, limit: int = 100, channel: Channel | None = Channel.CALL
) -> list[DueCase]:
    return await claims.claim_due(
        db,
        campaign,
        channel=channel,
        owner="worker-1",
        now=db.clock.now(),
        limit=limit,
        lease=LEASE,
    )


async def test_claims_follow_rank_and_are_exclusive(db: Database, campaign: str) -> None:
    ids = await add_cases(db, campaign, [0, 5, 0, 9])
    first = await claim(db, campaign, 2)
    assert [due.case_id for due in first] == [ids[3], ids[1]]
    assert first[0].channel is Channel.CALL
    assert [due.case_id for due in await claim(db, campaign)] == [ids[0], ids[2]]
    assert await claim(db, campaign) == []


async def test_a_callback_goes_before_the_list(db: Database, campaign: str) -> None:
    ids = await add_cases(db, campaign, [9, 0])
    callback = FollowUp(state=WorkState.DUE, channel=Channel.CALL, at=db.clock.now(), priority=5)
    await put(db, campaign, ids[1], callback, db.clock.now())
    assert [due.case_id for due in await claim(db, campaign)] == [ids[1], ids[0]]


async def test_a_lapsed_or_released_case_is_due_again(
    db: Database, campaign: str, clock: ManualClock
) -> None:
    ids = await add_cases(db, campaign, [0])
    await claim(db, campaign)
    await claims.release(db, campaign, ids, owner="worker-1", now=clock.now())
    assert len(await claim(db, campaign)) == 1
    await clock.advance(61)
    assert len(await claim(db, campaign)) == 1


async def test_what_is_due_later_stays(db: Database, campaign: str, clock: ManualClock) -> None:
    ids = await add_cases(db, campaign, [0])
    hour = clock.now() + timedelta(hours=1)
    later = FollowUp(state=WorkState.DUE, channel=Channel.CALL, at=hour)
    await put(db, campaign, ids[0], later, clock.now())
    assert await claim(db, campaign) == []
    await clock.advance(3600)
    assert len(await claim(db, campaign)) == 1


async def test_a_plan_that_something_overtook_is_made_again(
    db: Database, campaign: str, clock: ManualClock
) -> None:
    await add_cases(db, campaign, [0])
    [due] = await claim(db, campaign)
    await clock.advance(5)
    async with db.write() as conn:
        await case_events.replan(conn, due.case_id, clock.now())
    held = FollowUp(state=WorkState.HELD)
    await claims.plan(db, due, held, clock.now())
    [again] = await claim(db, campaign, channel=None)
    await claims.plan(db, again, held, clock.now())
    assert await claim(db, campaign, channel=None) == []


async def test_workers_never_claim_the_same_case(
    db: Database, store_url: str, campaign: str
) -> None:
    ids = await add_cases(db, campaign, [0] * 120)

    async def work() -> list[str]:
        mine: list[str] = []
        async with open_database(store_url, KEYS, clock=db.clock) as handle:
            while found := await claim(handle, campaign, 7):
                mine += [due.case_id for due in found]
        return mine

    claimed = [
        ident for mine in await asyncio.gather(*(work() for _ in range(4))) for ident in mine
    ]
    assert sorted(claimed) == ids


async def test_the_claim_walks_its_index(tmp_path: Path) -> None:
    """A search by due time that sorts nothing costs the same in a list of any length."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with open_database(url, KEYS) as db, db.read() as conn:
        rows = await conn.execute(
            text(
                "explain query plan select * from campaign_cases where campaign_id = 'c' "
                "and state = 'due' and next_channel = 'call' and priority = 0 "
                "and next_at <= '2026' order by next_at, position limit 10"
            )
        )
        plan = " ".join(row.detail for row in rows)
    assert "ix_campaign_cases_due" in plan
    assert "next_at<?" in plan
    assert "TEMP B-TREE" not in plan


async def test_a_campaign_moves_only_where_it_may(db: Database, campaign: str) -> None:
    now = db.clock.now()
    with pytest.raises(WrongMove, match="can't become paused"):
        await campaigns.pause(db, campaign, now=now)
    await campaigns.start(db, campaign, now=now)
    await campaigns.start(db, campaign, now=now)
    await campaigns.pause(db, campaign, now=now)
    await campaigns.stop(db, campaign, now=now)
    async with db.read() as conn:
        assert (await campaigns.load(conn, campaign)).state is CampaignState.STOPPED


async def test_starting_looks_again_at_held_cases(db: Database, campaign: str) -> None:
    ids = await add_cases(db, campaign, [0])
    held = FollowUp(state=WorkState.HELD)
    await put(db, campaign, ids[0], held, db.clock.now())
    assert await claim(db, campaign, channel=None) == []
    await campaigns.start(db, campaign, now=db.clock.now())
    assert len(await claim(db, campaign, channel=None)) == 1


async def test_a_strategy_that_is_wrong_makes_no_campaign(db: Database) -> None:
    with pytest.raises(ValueError, match="steps"):
        await campaigns.create(
            db,
            name="x",
            strategy={"name": "x", "steps": []},
            mode="agentless",
            lines=1,
            actor="bank",
            now=db.clock.now(),
        )


async def test_a_channel_does_not_wait_for_another(db: Database, campaign: str) -> None:
    ids = await add_cases(db, campaign, [0, 0, 0])
    now = db.clock.now()
    text_due = FollowUp(state=WorkState.DUE, channel=Channel.SMS, at=now)
    await put(db, campaign, ids[1], text_due, now)
    await put(db, campaign, ids[2], FollowUp(state=WorkState.DUE, at=now), now)
    assert [due.case_id for due in await claim(db, campaign, channel=Channel.SMS)] == [ids[1]]
    assert [due.case_id for due in await claim(db, campaign, channel=None)] == [ids[2]]
