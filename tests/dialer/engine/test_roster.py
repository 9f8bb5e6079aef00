"""Shifts, teams, skills, quotas, lists and caller ids on a floor with real calls."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from compliance.facts import Channel
from dialer.engine.brakes import Brakes
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.model.campaign_settings import CampaignSettings, Quota, QuotaBy, QuotaOf
from dialer.model.roster import ShiftRule
from dialer.store import campaigns, cases, roster, tables
from dialer.store.claims import claim_due
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.telephony.far_side import answers
from tests.dialer.telephony.sipp import until


async def configured(s: Scene, settings: CampaignSettings) -> str:
    """Every campaign set so; the id of the first."""
    async with s.db.read() as conn:
        known = await campaigns.list_all(conn)
    for campaign in known:
        await campaigns.configure(s.db, campaign.id, settings, now=s.clock.now(), by="morgan")
    return known[0].id


async def planned(s: Scene) -> None:
    """The desk has the roster as it is in the store."""
    async with s.db.read() as conn:
        s.desk.plan(await roster.read(conn))


async def test_a_shift_lets_in_and_ends_with_a_reason(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        now = s.clock.now()
        begins = now + timedelta(hours=2)
        later = ShiftRule(
            id="",
            agent="ada",
            days=frozenset(range(7)),
            starts=begins.time(),
            ends=(begins + timedelta(hours=1)).time(),
            zone="UTC",
        )
        shift = await roster.add_shift(s.db, later, now=now, by="morgan")
        await planned(s)
        with pytest.raises(NotNow, match="your next shift begins at 2026-11-24 19:00 UTC"):
            await s.desk.log_in("ada")
        await roster.drop_shift(s.db, shift, by="morgan")
        ends = s.clock.now() + timedelta(seconds=3)
        short = ShiftRule(
            id="",
            days=frozenset(range(7)),
            starts=(now - timedelta(hours=1)).time(),
            ends=ends.time(),
            zone="UTC",
        )
        await roster.add_shift(s.db, short, now=now, by="morgan")
        await planned(s)
        await s.desk.log_in("ada")
        await s.reaches("ada", AgentState.ON_BREAK)
        await s.reaches("ada", AgentState.OFFLINE)
        agent = s.desk.view("ada").agent
        assert agent.reason == "shift-end"
        assert agent.told == f"Your shift ended at {ends:%Y-%m-%d %H:%M} UTC."
        assert s.clock.now() >= ends
        await until(lambda: not s.engine.stats().live_legs)


async def test_a_call_goes_to_who_has_the_team_and_the_language(tmp_path: Path) -> None:
    agents = dict.fromkeys(("ada", "bo", "cy"), answers)
    async with scene(tmp_path, consumers=answers, agents=agents) as s:
        now = s.clock.now()
        await roster.assign(s.db, "ada", teams=["card"], skills=[], now=now, by="morgan")
        await roster.assign(s.db, "bo", teams=[], skills=["language:es"], now=now, by="morgan")
        await roster.assign(s.db, "cy", teams=["card"], skills=["language:es"], now=now, by="m")
        await planned(s)
        await s.campaign("progressive", 1, run=False)
        campaign = await configured(s, CampaignSettings(team="card", needs_language=True))
        async with s.db.write() as conn:
            await conn.execute(update(tables.consumers).values(language="es-MX"))
        await s.at_work("ada", "bo")
        await s.start()
        # Neither has both: nothing is dialed, and the case comes up again soon.
        await until(lambda: s.brakes.held(campaign) is not None)
        assert s.brakes.held(campaign) == "nobody at work has language:es"
        assert await s.rows("attempts", "id") == []
        assert s.desk.team(campaign).ready[0][0] == "ada"
        assert len(s.desk.team(campaign).ready) == 1
        await s.at_work("cy")
        async with s.db.write() as conn:
            await conn.execute(update(tables.campaign_cases).values(next_at=s.clock.now()))
        await s.reaches("cy", AgentState.ON_CALL)
        assert s.state("ada") is AgentState.READY
        assert s.state("bo") is AgentState.READY


async def test_the_nearest_number_of_the_house_is_shown(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        await s.campaign("progressive", 1, run=False)
        pool = ("+13055550100", "+12125550123")
        await configured(s, CampaignSettings(caller_ids=pool))
        await s.at_work("ada")
        await s.start()
        await s.reaches("ada", AgentState.ON_CALL)
        [invite] = s.town.requests("INVITE")
        assert "+12125550123" in str(invite.headers)


async def test_a_filled_quota_holds_its_cases_until_the_next_day(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={}) as s:
        people = await s.campaign("progressive", 3, run=False)
        quota = Quota(by=QuotaBy.REGION, value="NY", of=QuotaOf.CALLS, most=2)
        campaign = await configured(s, CampaignSettings(quotas=(quota,)))
        async with s.db.write() as conn:
            await conn.execute(update(tables.consumers).values(region="NY"))
        async with s.db.read() as conn:
            made = await campaigns.load(conn, campaign)
            loaded = await cases.load(conn, [one.case for one in people])
        brakes = Brakes(db=s.db)
        now = s.clock.now()
        await brakes.count(made, now)
        held = [brakes.hold(made, case, "", now) for case in loaded.values()]
        assert held[:2] == [None, None]
        assert held[2] is not None
        assert held[2].why == "the quota of 2 calls for region NY is filled"
        assert held[2].until.isoformat() == "2026-11-25T00:00:00+00:00"
        assert brakes.standing(campaign) == {quota: 2}


async def test_a_claim_takes_one_list_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={}) as s:
        people = await s.campaign("progressive", 4, run=False)
        campaign = await configured(s, CampaignSettings(weights={"new": 3}))
        table = tables.campaign_cases
        fresh = {one.case for one in people[2:]}
        async with s.db.write() as conn:
            newer = table.c.case_id.in_(fresh)
            await conn.execute(update(table).where(newer).values(list_name="new"))
        due = await claim_due(
            s.db,
            campaign,
            channel=Channel.CALL,
            owner="w",
            now=s.clock.now(),
            limit=9,
            lease=timedelta(minutes=1),
            list_name="new",
        )
        assert {one.case_id for one in due} == fresh
        assert {one.list_name for one in due} == {"new"}
