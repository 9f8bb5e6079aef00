"""Preview and manual dialing on a floor with real calls: an agent looks, calls, skips, chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.engine.manual import call_case
from dialer.engine.previews import Wanted
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.store import campaigns, claims
from dialer.telephony.wire.message import Request
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.telephony.far_side import FarSide, answers
from tests.dialer.telephony.sipp import until

NIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # three in New York


def busy(far: FarSide, request: Request) -> None:
    """A line that is taken."""
    if request.method == "INVITE":
        far.answer(request, 486)


def case_of(s: Scene, name: str) -> str | None:
    preview = s.desk.previews.of(name)
    return None if preview is None else preview.due.case_id


async def looking(s: Scene, name: str) -> str:
    """The case that the agent looks at, as soon as there is one."""
    await until(lambda: case_of(s, name) is not None)
    return str(case_of(s, name))


async def test_an_agent_looks_first_and_calls_on_their_word(tmp_path: Path) -> None:
    agents = {"ada": answers, "bo": answers}
    async with scene(tmp_path, consumers=answers, agents=agents) as s:
        people = await s.campaign("preview", 3)
        await s.at_work("ada", "bo")
        first, second = await looking(s, "ada"), await looking(s, "bo")
        assert first != second
        assert await s.rows("attempts", "id") == []
        s.desk.want("ada", Wanted.DIAL)
        await s.reaches("ada", AgentState.ON_CALL)
        screen = s.desk.view("ada").screen
        assert screen is not None
        assert screen.errand.case_id == first
        assert s.state("bo") is AgentState.READY
        assert await s.rows("attempts", "case_id", "mode") == [(first, "agent_dialled")]
        with pytest.raises(NotNow, match="no case is shown"):
            s.desk.want("ada", Wanted.SKIP)

        s.desk.want("bo", Wanted.SKIP)
        await until(lambda: case_of(s, "bo") not in {None, second})
        assert await looking(s, "bo") in {one.case for one in people} - {first, second}
        later = dict(await s.rows("campaign_cases", "case_id", "next_at"))
        assert later[second] > s.clock.now() + timedelta(minutes=10)
        await s.desk.talk.hang_up("ada")


async def test_who_is_not_reached_leaves_the_agent_free_for_the_next_case(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=busy, agents={"ada": answers}) as s:
        await s.campaign("preview", 2)
        await s.at_work("ada")
        first = await looking(s, "ada")
        s.desk.want("ada", Wanted.DIAL)
        await until(lambda: case_of(s, "ada") not in {None, first})
        assert s.state("ada") is AgentState.READY
        assert s.desk.view("ada").screen is None
        assert await s.rows("attempts", "outcome") == [("busy",)]


async def test_a_timer_calls_by_itself_and_a_break_gives_the_case_back(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        [one] = await s.campaign("preview", 1)
        await s.at_work("ada")
        assert await looking(s, "ada") == one.case
        s.desk.step_away("ada", AgentState.ON_BREAK, "coffee")
        await until(lambda: s.desk.previews.of("ada") is None)
        [(campaign,)] = await s.rows("campaigns", "id")
        now = s.clock.now()
        await campaigns.pace(
            s.db, str(campaign), mode="preview", lines=5, pacing={"timer": 1.0}, now=now
        )
        s.desk.go_ready("ada")
        await s.reaches("ada", AgentState.ON_CALL)
        await s.desk.talk.hang_up("ada")


async def test_an_agent_chooses_the_case_where_calls_are_dialed_by_hand(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        one, other = await s.campaign("manual", 2)
        refs = dict(await s.rows("cases", "id", "case_ref"))
        with pytest.raises(NotNow, match="be ready first"):
            await call_case(s.db, s.desk, "ada", str(refs[one.case]))
        await s.at_work("ada")
        [(campaign,)] = await s.rows("campaigns", "id")
        await until(lambda: s.desk.ready(str(campaign)))
        with pytest.raises(LookupError, match="has a case Z-1"):
            await call_case(s.db, s.desk, "ada", "Z-1")
        taken = await claims.claim_case(
            s.db,
            str(campaign),
            other.case,
            owner="elsewhere",
            now=s.clock.now(),
            lease=timedelta(minutes=1),
        )
        assert taken is not None
        with pytest.raises(NotNow, match="somebody works this case"):
            await call_case(s.db, s.desk, "ada", str(refs[other.case]))
        await call_case(s.db, s.desk, "ada", str(refs[one.case]))
        await s.reaches("ada", AgentState.ON_CALL)
        assert await s.rows("attempts", "case_id", "mode") == [(one.case, "agent_dialled")]
        await s.desk.talk.hang_up("ada")


async def test_what_the_gate_refuses_is_told_to_the_agent(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}, at=NIGHT) as s:
        await s.campaign("preview", 1)
        await s.at_work("ada")
        await looking(s, "ada")
        s.desk.want("ada", Wanted.DIAL)
        await until(lambda: s.desk.view("ada").agent.told)
        assert s.desk.view("ada").agent.told == "Not called: US-REGF-HOURS"
        assert s.state("ada") is AgentState.READY
        assert s.town.requests("INVITE") == []
