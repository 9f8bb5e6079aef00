"""Consumers who call back: an agent of their campaign, with the case on the desk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dialer.engine.disposal import CallbackSaid, Said
from dialer.model.agent import AgentState
from dialer.model.campaign_settings import CampaignSettings
from dialer.model.disposition import Code
from dialer.store import tables
from tests.dialer.engine.callers import full, taking_calls
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.engine.test_roster import configured
from tests.dialer.store.people import Somebody, add_somebody
from tests.dialer.telephony.caller import CALLER, ring, within
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.sipp import sipp_calls, until


async def calls_us(far: FarSide, s: Scene) -> None:
    """The consumer calls, and is answered."""
    invite = ring(far, s.engine)
    async with asyncio.timeout(10):
        while not [r for r in far.responses("INVITE") if r.status == 200]:
            await s.clock.sleep(0.02)
    ok = far.responses("INVITE")[-1]
    far.send(within(invite, "ACK", ok.get("To") or ""))


async def known_caller(s: Scene, *, country: str = "US") -> Somebody:
    """A person of the running campaign, whose number calls; the list is not dialed."""
    await s.campaign("manual", 1)
    campaign = await configured(s, CampaignSettings())
    one = await add_somebody(s.db, number=CALLER, campaign=campaign, country=country)
    async with s.db.write() as conn:
        await conn.execute(update(tables.consumers).values(country=country))
    return one


async def served(s: Scene) -> None:
    """The floor has heard of the campaign."""
    [(campaign,)] = await s.rows("campaigns", "id")
    await until(lambda: s.desk.could_serve(str(campaign), frozenset()))


async def test_a_caller_reaches_an_agent_with_the_case_and_what_came_of_it_is_noted(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
        far_side(answers) as far,
    ):
        one = await known_caller(s)
        await s.at_work("ada")
        await served(s)
        await calls_us(far, s)
        await s.reaches("ada", AgentState.ON_CALL)
        screen = s.desk.view("ada").screen
        assert screen is not None
        assert (screen.errand.case_id, screen.errand.inbound) == (one.case, True)
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        tomorrow = s.clock.now() + timedelta(days=1)
        said = Said(
            call_id=screen.errand.call_id,
            code=Code.CALLBACK,
            debts=(one.debt,),
            callback=CallbackSaid(at=tomorrow, own=True),
        )
        assert isinstance(await s.disposal.dispose("ada", said), str)
        await s.reaches("ada", AgentState.READY)
        events = tables.contact_events
        async with s.db.read() as conn:
            [kept] = (await conn.execute(select(events))).all()
        assert (kept.direction, kept.outcome, kept.debts) == ("in", "conversation", [one.debt])
        assert await s.rows("callbacks", "case_id", "at", "agent") == [(one.case, tomorrow, "ada")]
        assert await s.rows("attempts", "id") == []
        kinds = [kind for (kind,) in await s.rows("ledger", "kind")]
        assert {"inbound", "inbound.revised", "disposition", "callback"} <= set(kinds)


@pytest.mark.peer("sipp")
async def test_sipp_calls_talks_with_an_agent_and_is_hung_up_on(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
    ):
        await known_caller(s)
        await s.at_work("ada")
        await served(s)
        async with sipp_calls(s.engine.layer.advertised[1], number=CALLER) as caller:
            await s.reaches("ada", AgentState.ON_CALL)
            await s.desk.talk.hang_up("ada")
            assert await caller.ended() == 0, caller.errors()


async def test_no_agent_where_the_talk_would_have_to_be_recorded_and_cannot_be(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s, keeper=replace(s.keeper, vault=full(tmp_path))),
        far_side(answers) as far,
    ):
        await known_caller(s, country="CN")
        await s.at_work("ada")
        await served(s)
        await calls_us(far, s)
        await far.got("BYE")
        assert s.state("ada") is AgentState.READY


@pytest.mark.parametrize("takes", [True, False])
async def test_a_campaign_may_be_set_to_take_no_calls(tmp_path: Path, takes: bool) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
        far_side(answers) as far,
    ):
        await known_caller(s)
        await configured(s, CampaignSettings(takes_calls=takes))
        await s.at_work("ada")
        await served(s)
        await calls_us(far, s)
        if takes:
            await s.reaches("ada", AgentState.ON_CALL)
            await s.desk.talk.hang_up("ada")
        else:
            await far.got("BYE")
            assert s.state("ada") is AgentState.READY
