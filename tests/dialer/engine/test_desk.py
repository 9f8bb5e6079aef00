"""From a running campaign to an agent with the case on the screen, over real SIP."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from dialer.casework.terms import shipped
from dialer.engine.disposal import (
    CallbackSaid,
    DisputeSaid,
    NotDisposed,
    PromiseSaid,
    Said,
)
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.model.disposition import Code
from dialer.model.dispute import DisputeKind
from dialer.store import callbacks, campaigns, case_events, identity, tables
from dialer.store.abandonment import answers as answers_of
from dialer.store.callbacks import NewCallback
from dialer.store.dispositions import AlreadyDisposed
from dialer.telephony.wire.message import Request
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.store.people import Somebody
from tests.dialer.telephony.far_side import FarSide, answers
from tests.dialer.telephony.sipp import until

YEAR = timedelta(days=366)


async def talking(s: Scene, name: str) -> str:
    """Wait until the agent talks; the call's id."""
    await s.reaches(name, AgentState.ON_CALL)
    screen = s.desk.view(name).screen
    assert screen is not None
    return screen.errand.call_id


async def identified(s: Scene, name: str, one: Somebody) -> None:
    """The agent has asked who is on the line, and was told right."""
    right = {"full_name": "Otto Abendroth", "id_last4": "4321"}
    checked = await identity.check(
        s.db, one.case, right, shipped()["US"], by=name, now=s.clock.now()
    )
    assert checked.verified


async def test_an_agent_takes_a_call_and_notes_a_promise_and_a_callback(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        s.feed.subscribe("agent") as told,
    ):
        [one] = await s.campaign("progressive", 1)
        await s.at_work("ada")
        call = await talking(s, "ada")
        screen = s.desk.view("ada").screen
        assert screen is not None
        assert (screen.errand.case_id, screen.errand.consumer_id) == (one.case, one.person)
        with pytest.raises(NotNow, match="still on"):
            await s.disposal.dispose("ada", Said(call_id=call, code=Code.RIGHT_PARTY))
        await identified(s, "ada", one)
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)

        tomorrow = s.clock.now() + timedelta(days=1)
        night = tomorrow + timedelta(hours=12)
        said = Said(
            call_id=call,
            code=Code.PROMISE,
            debts=(one.debt,),
            notes="pays after payday",
            promise=PromiseSaid(amount_minor=5_000, currency="USD", due_on=tomorrow.date()),
            callback=CallbackSaid(at=night, own=True),
        )
        refused = await s.disposal.dispose("ada", said)
        assert isinstance(refused, NotDisposed)
        assert "US-REGF-HOURS" in refused.reasons[0]
        assert await s.rows("promises", "id") == []

        lawful = Said(
            call_id=call,
            code=said.code,
            debts=said.debts,
            promise=said.promise,
            callback=CallbackSaid(at=tomorrow, own=True),
        )
        assert isinstance(await s.disposal.dispose("ada", lawful), str)
        await s.reaches("ada", AgentState.READY)
        assert await s.rows("promises", "case_id", "amount_minor", "attempt_id") == [
            (one.case, 5_000, call)
        ]
        assert await s.rows("callbacks", "case_id", "at", "agent", "state") == [
            (one.case, tomorrow, "ada", "open")
        ]
        assert await s.rows("attempts", "outcome", "debts", "mode") == [
            ("conversation", [one.debt], "agent_dialled")
        ]
        assert await s.rows("dispositions", "code", "by") == [("promise", "ada")]

        def planned() -> bool:
            return s.supervisor.running("planning") == 0

        async def waits() -> list[tuple[object, ...]]:
            return await s.rows("campaign_cases", "state", "next_channel", "next_at", "priority")

        for _ in range(100):
            if await waits() == [("due", "call", tomorrow, 5)]:
                break
            await s.clock.sleep(0.05)
        assert await waits() == [("due", "call", tomorrow, 5)]
        assert planned()
        kinds = [kind for (kind,) in await s.rows("ledger", "kind")]
        assert {"disposition", "callback", "promise.made", "consent"} <= set(kinds)
        shown = []
        while len(shown) < 4:
            _, event = await anext(told)
            shown.append((event.data["state"], event.data.get("case_id")))
    assert ("on_call", one.case) in [*shown, ("on_call", one.case)]


async def test_before_anybody_is_identified_nothing_is_agreed_and_no_dispute_is_lost(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        [one] = await s.campaign("progressive", 1)
        await identified(s, "ada", one)  # on an earlier call
        await s.at_work("ada")
        call = await talking(s, "ada")
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        day = s.clock.now().date() + timedelta(days=2)
        promise = PromiseSaid(amount_minor=5_000, currency="USD", due_on=day)
        claim = DisputeSaid(kind=DisputeKind.NOT_MINE, statement="I owe nothing, and who are you?")
        told = Said(call_id=call, code=Code.PROMISE, debts=(one.debt,), promise=promise)
        refused = await s.disposal.dispose("ada", told)
        assert refused == NotDisposed(reasons=(identity.FIRST_IDENTITY,))
        told = Said(call_id=call, code=Code.DISPUTE, dispute=claim)
        refused = await s.disposal.dispose("ada", told)
        assert refused == NotDisposed(reasons=(identity.OR_A_CLAIM,))
        assert await s.rows("dispositions", "id") == []
        told = replace(told, dispute=replace(claim, unidentified=True))
        assert isinstance(await s.disposal.dispose("ada", told), str)
        assert await s.rows("disputes", "kind", "identified") == [("not_mine", False)]
        assert await s.rows("holds", "kind") == [("dispute",)]


@pytest.mark.parametrize("code", [Code.OPT_OUT, Code.WRONG_NUMBER, Code.THIRD_PARTY])
async def test_who_wants_no_calls_or_is_somebody_else_need_not_be_identified(
    code: Code, tmp_path: Path
) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        await s.campaign("progressive", 1)
        await s.at_work("ada")
        call = await talking(s, "ada")
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        assert isinstance(await s.disposal.dispose("ada", Said(call_id=call, code=code)), str)


async def test_a_dispute_on_the_phone_stops_contact_and_has_its_deadlines(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        [one] = await s.campaign("progressive", 1)
        await s.at_work("ada")
        call = await talking(s, "ada")
        await identified(s, "ada", one)
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        said = Said(
            call_id=call,
            code=Code.DISPUTE,
            debts=(one.debt,),
            dispute=DisputeSaid(kind=DisputeKind.NOT_MINE, statement="I never had that card"),
        )
        assert isinstance(await s.disposal.dispose("ada", said), str)
        assert await s.rows("disputes", "kind", "case_id") == [("not_mine", one.case)]
        assert await s.rows("holds", "kind") == [("dispute",)]
        assert await s.rows("dispositions", "code") == [("dispute",)]


async def test_what_was_disposed_is_not_disposed_again(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        await s.campaign("progressive", 1)
        await s.at_work("ada")
        call = await talking(s, "ada")
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        said = Said(call_id=call, code=Code.OPT_OUT)
        await s.disposal.dispose("ada", said)
        with pytest.raises((NotNow, AlreadyDisposed)):
            await s.disposal.dispose("ada", said)
        assert await s.rows("opt_outs", "channel", "source") == [("call", "agent")]
        assert await s.rows("attempts", "outcome") == [("conversation_refused",)]


async def test_a_lost_phone_takes_the_agent_off_and_the_person_is_called_back_soon(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        [one] = await s.campaign("progressive", 1)
        await s.at_work("ada")
        await talking(s, "ada")
        phone = s.phones["ada"]
        phone.ask(phone.requests("INVITE")[0], "BYE", 3)
        await s.reaches("ada", AgentState.OFFLINE)
        assert "lost" in (s.desk.view("ada").agent.told or "")
        for _ in range(200):
            if await s.rows("callbacks", "id"):
                break
            await s.clock.sleep(0.05)
        [(case, at, source)] = await s.rows("callbacks", "case_id", "at", "source")
        assert (case, source) == (one.case, "agent_lost")
        assert at < s.clock.now() + timedelta(minutes=3)


async def test_nobody_is_dialed_without_an_agent_and_the_reason_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        await s.campaign("predictive", 3)
        await until(lambda: s.loop.waiting)
        assert list(s.loop.waiting.values()) == ["call: no agent is logged in"]
        await s.desk.log_in("ada")
        await s.reaches("ada", AgentState.ON_BREAK)
        await until(lambda: "break" in next(iter(s.loop.waiting.values())))
        assert s.town.requests("INVITE") == []


def busy(far: FarSide, request: Request) -> None:
    """Nobody is ever reached."""
    if request.method == "INVITE":
        far.answer(request, 486)


async def test_an_agent_whose_phone_does_not_answer_is_told_so(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": busy}) as s:
        await s.desk.log_in("ada")
        await until(lambda: s.desk.view("ada").agent.told)
        view = s.desk.view("ada")
        assert (view.agent.state, view.calling) == (AgentState.OFFLINE, False)
        with pytest.raises(NotNow, match="no phone"):
            await s.desk.log_in("nobody")


async def test_whom_no_agent_reaches_in_time_is_abandoned_and_counted(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        people = await s.campaign("power", 3)
        [campaign] = {one.campaign for one in people}
        assert campaign is not None
        await campaigns.pace(
            s.db, campaign, mode="power", lines=3, pacing={"ratio": 3.0}, now=s.clock.now()
        )
        await s.at_work("ada")
        await talking(s, "ada")
        await until(lambda: s.supervisor.running("call") == 1)
        await campaigns.pause(s.db, campaign, now=s.clock.now())
        await s.desk.talk.hang_up("ada")
        await s.settled()
        outcomes = Counter(word for (word,) in await s.rows("attempts", "outcome"))
        assert outcomes == Counter(conversation=1, abandoned=2)
        assert await s.ledger_outcomes() == outcomes
        async with s.db.read() as conn:
            counted = await answers_of(conn, campaign, s.clock.now() - timedelta(days=30))
        assert (counted.live, counted.abandoned) == (3, 2)


async def test_a_pause_leaves_the_calls_under_way_their_agent(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        [one] = await s.campaign("progressive", 1)
        await s.at_work("ada")
        await s.town.got("INVITE")
        assert one.campaign is not None
        await campaigns.pause(s.db, one.campaign, now=s.clock.now())
        await talking(s, "ada")


async def test_a_callback_is_called_at_its_hour_by_whom_it_was_promised(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers, "bo": answers}) as s:
        [one] = await s.campaign("progressive", 1)
        await s.at_work("ada")  # longest idle: next in turn, were it not for the promise
        now = s.clock.now()
        assert one.campaign is not None
        async with s.db.write() as conn:
            await conn.execute(update(tables.campaign_cases).values(next_at=now + YEAR))
        await s.at_work("bo")
        promised = NewCallback(
            case_id=one.case,
            consumer_id=one.person,
            campaign_id=one.campaign,
            at=now + timedelta(seconds=4),
            source="asked",
            agent="bo",
        )
        async with s.db.write() as conn:
            await callbacks.note(conn, promised, now)
            await case_events.replan(conn, one.case, now)
        call = await talking(s, "bo")
        assert s.clock.now() >= promised.at
        assert await s.rows("callbacks", "state", "made_by_attempt") == [("made", call)]
        assert s.state("ada") is AgentState.READY


async def test_two_agents_share_the_people_and_none_gets_two(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers, "bo": answers}) as s:
        await s.campaign("progressive", 4)
        await s.at_work("ada", "bo")
        calls = {await talking(s, "ada"), await talking(s, "bo")}
        assert len(calls) == 2
        assert len(s.town.requests("INVITE")) == 2
        for name in ("ada", "bo"):
            screen = s.desk.view(name).screen
            assert screen is not None
            await s.desk.talk.hang_up(name)
            await s.reaches(name, AgentState.WRAP_UP)
            code = Said(call_id=screen.errand.call_id, code=Code.RIGHT_PARTY)
            await s.disposal.dispose(name, code)
        calls |= {await talking(s, "ada"), await talking(s, "bo")}
        assert len(calls) == 4


async def test_a_card_number_is_kept_out_of_the_recording(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={"ada": answers}) as s:
        await s.campaign("progressive", 1)
        await s.at_work("ada")
        call = await talking(s, "ada")
        await s.desk.talk.pause_recording("ada", True)
        screen = s.desk.view("ada").screen
        assert screen is not None
        assert screen.unrecorded
        await s.desk.talk.pause_recording("ada", False)
        await s.desk.talk.hang_up("ada")
        await s.reaches("ada", AgentState.WRAP_UP)
        with pytest.raises(NotNow):
            await s.desk.talk.pause_recording("ada", True)
        await s.settled()
        assert await s.rows("recordings", "attempt_id", "state") == [(call, "sealed")]
