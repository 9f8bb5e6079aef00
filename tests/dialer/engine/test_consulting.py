"""An agent asks a third party into the call: a colleague, or a number that the campaign lists."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dialer.engine.disposal import Said
from dialer.engine.previews import Wanted
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.model.campaign_settings import CampaignSettings
from dialer.model.consultation import UNCONFIRMED, Stage
from dialer.model.disposition import Code
from dialer.store import campaigns
from dialer.telephony.wire.message import Request
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.engine.test_desk import talking
from tests.dialer.engine.test_previews import looking
from tests.dialer.store.people import Somebody
from tests.dialer.telephony.far_side import FarSide, answers
from tests.dialer.telephony.sipp import until

HOTLINE = "+12125550177"
SILENT = "+12125550178"
BUSY = "+12125550179"


def town(far: FarSide, request: Request) -> None:
    """Consumers answer; of the numbers outside one rings for ever and one is busy."""
    number = request.uri.removeprefix("sip:").split("@")[0]
    if request.method == "INVITE" and number == SILENT:
        far.answer(request, 180)
    elif request.method == "INVITE" and number == BUSY:
        far.answer(request, 486)
    else:
        answers(far, request)
        if request.method == "CANCEL":
            invite = next(r for r in far.requests("INVITE") if r.call_id == request.call_id)
            far.answer(invite, 487)


@asynccontextmanager
async def on_a_call(folder: Path, *numbers: str) -> AsyncIterator[tuple[Scene, str, Somebody]]:
    """Ada talks with a consumer, Bea is ready, Cyd is a supervisor on a break."""
    agents = dict.fromkeys(("ada", "bea", "cyd"), answers)
    async with scene(folder, consumers=town, agents=agents) as s:
        [one] = await s.campaign("preview", 1, run=False)
        async with s.db.read() as conn:
            [campaign] = await campaigns.list_all(conn)
        settings = CampaignSettings(consult_numbers=numbers)
        now = s.clock.now()
        await campaigns.configure(s.db, campaign.id, settings, now=now, by="test")
        await s.desk.log_in("cyd", leads=True)
        await s.at_work("ada")
        await s.start()
        await looking(s, "ada")
        s.desk.want("ada", Wanted.DIAL)  # no machine is listened for
        call = await talking(s, "ada")
        await s.at_work("bea")
        yield s, call, one
        for leg in s.engine.legs():
            await s.engine.hangup(leg.id)
        await s.settled()


async def steps(s: Scene) -> list[str]:
    """The steps of consultations in the ledger."""
    entries = sorted(await s.rows("ledger", "seq", "kind"))
    kinds = [str(kind) for _, kind in entries]
    return [kind.partition(".")[2] for kind in kinds if kind.startswith("consultation.")]


async def entered(s: Scene, *wanted: str) -> None:
    """Wait until these steps are in the ledger, and no other."""
    for _ in range(200):
        if (found := await steps(s)) == list(wanted):
            return
        await s.clock.sleep(0.02)
    raise AssertionError(found)


def stage(s: Scene, name: str = "ada") -> Stage | None:
    screen = s.desk.view(name).screen
    assert screen is not None
    return None if screen.consultation is None else screen.consultation.stage


async def test_a_colleague_sees_the_case_and_the_note_and_takes_the_call(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, call, one):
        await s.desk.consulting.ask_colleague("ada", "bea", "wants to pay in March")
        assert s.state("bea") is AgentState.ON_CALL
        seen = s.desk.view("bea").screen
        assert seen is not None
        assert (seen.errand.case_id, seen.note) == (one.case, "wants to pay in March")
        assert (seen.asked_by, seen.guest) == ("ada", True)
        assert s.desk.has("bea", one.case)
        mine = s.desk.view("ada").screen
        assert mine is not None
        assert (mine.held, stage(s)) == (True, Stage.APART)
        for wrong in (
            s.desk.talk.hold("ada", False),
            s.desk.talk.hang_up("bea"),
            s.desk.consulting.ask_colleague("bea", "cyd", ""),
            s.desk.consulting.ask_colleague("ada", "cyd", ""),
        ):
            with pytest.raises(NotNow):
                await wrong

        await s.desk.consulting.bring_together("ada", confirmed=False)
        assert stage(s) is Stage.TOGETHER
        await s.desk.consulting.hand_over("ada", confirmed=False)
        await s.reaches("ada", AgentState.WRAP_UP)
        assert s.desk.view("bea").agent.call == call
        with pytest.raises(NotNow, match="colleague"):
            await s.disposal.dispose("ada", Said(call_id=call, code=Code.RIGHT_PARTY))
        s.desk.go_ready("ada")
        assert s.state("ada") is AgentState.READY
        assert s.desk.view("ada").screen is None
        assert s.state("bea") is AgentState.ON_CALL

        await s.desk.talk.hang_up("bea")
        await s.reaches("bea", AgentState.WRAP_UP)
        said = Said(call_id=call, code=Code.RIGHT_PARTY, debts=(one.debt,))
        assert isinstance(await s.disposal.dispose("bea", said), str)
        assert await s.rows("attempts", "outcome") == [("conversation",)]
        assert await s.rows("dispositions", "by") == [("bea",)]
        assert await s.rows("case_notes", "kind", "text", "by") == [
            ("hand_over", "wants to pay in March", "ada")
        ]
        await entered(s, "asked", "joined", "together", "handed_over")
        events = await s.rows("outbox", "kind", "payload")
        assert ("call.handed_over", {"attempt": call, "by": "ada", "to": "bea"}) in events
        await s.settled()
        assert len(await s.rows("recordings", "name")) == 1


async def test_going_back_frees_the_colleague_with_nothing_to_wrap_up(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, call, _):
        await s.desk.consulting.ask_colleague("ada", "bea", "")
        await s.desk.consulting.go_back("ada")
        assert (s.state("bea"), s.desk.view("bea").screen) == (AgentState.READY, None)
        mine = s.desk.view("ada").screen
        assert mine is not None
        assert (mine.held, mine.consultation) == (False, None)

        await s.desk.consulting.ask_colleague("ada", "cyd", "")
        assert s.state("cyd") is AgentState.ON_CALL
        await s.desk.consulting.go_back("cyd")
        agent = s.desk.view("cyd").agent
        assert (agent.state, agent.reason) == (AgentState.ON_BREAK, "log-in")
        mine = s.desk.view("ada").screen
        assert mine is not None
        assert (mine.held, mine.consultation) == (True, None)
        await s.desk.talk.hold("ada", False)
        await entered(s, "asked", "joined", "back", "asked", "joined", "left")
        assert await s.rows("outbox", "kind") == []
        assert s.desk.view("ada").agent.call == call


async def test_a_consumer_who_hangs_up_ends_it_for_all(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, call, _):
        await s.desk.consulting.ask_colleague("ada", "bea", "")
        await s.desk.consulting.bring_together("ada", confirmed=False)
        s.town.ask(await s.town.got("INVITE"), "BYE", 7)
        await s.reaches("ada", AgentState.WRAP_UP)
        await s.reaches("bea", AgentState.READY)
        said = Said(call_id=call, code=Code.HUNG_UP)
        assert isinstance(await s.disposal.dispose("ada", said), str)
        await entered(s, "asked", "joined", "together", "ended")


async def test_an_agent_lost_among_three_leaves_the_call_to_the_colleague(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, call, _):
        await s.desk.consulting.ask_colleague("ada", "bea", "")
        await s.desk.consulting.bring_together("ada", confirmed=False)
        phone = s.phones["ada"]
        phone.ask(await phone.got("INVITE"), "BYE", 7)
        await s.reaches("ada", AgentState.OFFLINE)
        await until(lambda: s.desk.view("bea").agent.call == call)
        await s.desk.talk.hang_up("bea")
        await s.reaches("bea", AgentState.WRAP_UP)
        await s.settled()
        [(detail,)] = await s.rows("attempts", "detail")
        assert isinstance(detail, dict)
        assert not detail["agent_lost"]


async def test_an_agent_lost_apart_frees_the_colleague(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, _, _):
        await s.desk.consulting.ask_colleague("ada", "bea", "")
        phone = s.phones["ada"]
        phone.ask(await phone.got("INVITE"), "BYE", 7)
        await s.reaches("bea", AgentState.READY)
        await s.settled()
        [(detail,)] = await s.rows("attempts", "detail")
        assert isinstance(detail, dict)
        assert detail["agent_lost"]


async def test_a_colleague_whose_phone_is_lost_leaves_the_consumer_on_hold(tmp_path: Path) -> None:
    async with on_a_call(tmp_path) as (s, _, _):
        await s.desk.consulting.ask_colleague("ada", "bea", "")
        phone = s.phones["bea"]
        phone.ask(await phone.got("INVITE"), "BYE", 7)
        await s.reaches("bea", AgentState.OFFLINE)
        await until(lambda: stage(s) is None)
        assert s.desk.view("bea").screen is None
        mine = s.desk.view("ada").screen
        assert mine is not None
        assert mine.held
        await s.desk.talk.hold("ada", False)


async def test_a_number_outside_is_called_only_where_the_campaign_lists_it(tmp_path: Path) -> None:
    async with on_a_call(tmp_path, HOTLINE, "+12125550100") as (s, _, _):
        with pytest.raises(NotNow, match="not among the numbers that preview lets you"):
            await s.desk.consulting.ask_outside("ada", "+12125550199", "")
        with pytest.raises(NotNow, match="consumer's number"):
            await s.desk.consulting.ask_outside("ada", "+12125550100", "")
        assert len(s.town.requests("INVITE")) == 1
        await s.desk.consulting.ask_outside("ada", HOTLINE, "")
        await until(lambda: stage(s) is Stage.APART)
        invite = s.town.requests("INVITE")[1]
        assert invite.uri.startswith(f"sip:{HOTLINE}@")
        for refused in (s.desk.consulting.bring_together, s.desk.consulting.hand_over):
            with pytest.raises(NotNow, match=UNCONFIRMED):
                await refused("ada", confirmed=False)
        assert stage(s) is Stage.APART
        await s.desk.consulting.bring_together("ada", confirmed=True)
        await s.desk.consulting.hand_over("ada", confirmed=True)
        await s.reaches("ada", AgentState.WRAP_UP)
        s.desk.go_ready("ada")
        s.town.ask(invite, "BYE", 7)
        await s.settled()
        await entered(s, "asked", "joined", "confirmed", "together", "handed_over", "left")
        [(outcome, detail)] = await s.rows("attempts", "outcome", "detail")
        assert outcome == "conversation"
        assert isinstance(detail, dict)
        assert not detail["agent_lost"]
        bodies = [
            json.loads(str(b))
            for k, b in await s.rows("ledger", "kind", "body")
            if k == "consultation.confirmed"
        ]
        assert [(b["guest"], b["confirmed"], b["by"]) for b in bodies] == [(HOTLINE, True, "ada")]
        assert not s.engine.stats().live_legs - 3


async def test_one_outside_who_is_busy_or_does_not_answer_can_be_left(tmp_path: Path) -> None:
    async with on_a_call(tmp_path, SILENT, BUSY) as (s, _, _):
        await s.desk.consulting.ask_outside("ada", BUSY, "")
        await until(lambda: stage(s) is None)
        await s.desk.talk.hold("ada", False)
        await s.desk.consulting.ask_outside("ada", SILENT, "")
        assert stage(s) is Stage.CALLING
        with pytest.raises(NotNow, match="answered yet"):
            await s.desk.consulting.bring_together("ada", confirmed=True)
        await s.desk.consulting.go_back("ada")
        await s.town.got("CANCEL")
        await s.desk.consulting.ask_outside("ada", SILENT, "")
        await s.desk.talk.hang_up("ada")
        await s.town.got("CANCEL", 2)
        await s.reaches("ada", AgentState.WRAP_UP)
        await entered(s, "asked", "left", "asked", "back", "asked", "ended")
