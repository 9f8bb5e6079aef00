"""Callers whom nobody takes: a callback at a lawful hour, a message in the vault, or a wait."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.engine.disposal import Said
from dialer.model.agent import AgentState
from dialer.model.disposition import Code
from dialer.store import inbound_calls, recording_life
from dialer.store.inbound_calls import Arrived, NotOpen
from dialer.telephony.amd import tone_of
from dialer.telephony.wire import g711, wav
from tests.dialer.engine.callers import Phone, taking_calls
from tests.dialer.engine.floor import NOON, OWNER, Scene, scene
from tests.dialer.engine.test_blended import known_caller, served
from tests.dialer.store.people import Somebody, add_somebody
from tests.dialer.telephony.caller import CALLER, polite
from tests.dialer.telephony.far_side import answers, far_side
from tests.dialer.telephony.sipp import sipp_calls, until

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # 10 p.m. in New York
MORNING = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)  # 8 a.m. there
CALLED = ("matched", "outcome", "todo")


async def ended(s: Scene) -> None:
    """Wait until no call that came in is up, and all is written."""
    await until(lambda: not s.supervisor.running("inbound"))


async def chooses(s: Scene, stack: AsyncExitStack, key: str) -> Phone:
    """Somebody calls from CALLER, hears the menu begin, and presses a key."""
    far = await stack.enter_async_context(far_side(polite))
    phone = Phone(far, s)
    await phone.answered()
    await phone.hears(5)
    phone.press(key)
    return phone


async def said_by_caller(s: Scene, name: str, folder: Path) -> list[float]:
    """The tones on the caller's side of a recording as the vault gives it out."""
    file = folder / "heard.wav"
    file.write_bytes(b"".join([part async for part in s.keeper.vault.read(name)]))
    _, theirs = wav.read(file)
    tones = (tone_of(g711.ulaw_to_pcm(frame)) for frame in g711.frames(theirs))
    return [hz for hz in tones if hz is not None]


@pytest.mark.parametrize(("at", "hour"), [(NOON, None), (NIGHT, MORNING)])
async def test_one_books_a_callback_at_the_next_lawful_moment(
    tmp_path: Path, at: datetime, hour: datetime | None
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={}, at=at) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        one = await known_caller(s)
        phone = await chooses(s, stack, "1")
        await phone.far.got("BYE")
        await ended(s)
        [(when, point, source, state)] = await s.rows(
            "callbacks", "at", "contact_point_id", "source", "state"
        )
        assert isinstance(when, datetime)
        assert (point, source, state) == (one.point, "asked", "open")
        if hour is None:
            assert timedelta(minutes=1) < when - s.clock.now() < timedelta(minutes=3)
        else:
            assert when == hour
        [(given, consented)] = await s.rows("consents", "source", "contact_point_id")
        assert (given, consented) == ("caller", one.point)
        assert await s.rows("inbound_calls", *CALLED) == [("number", "callback", "none")]
        assert await s.rows("contact_events", "direction", "outcome") == [("in", "received")]
        kinds = {kind for (kind,) in await s.rows("ledger", "kind")}
        assert {"inbound", "inbound.call", "callback", "consent"} <= kinds


async def test_two_takes_a_message_that_is_sealed_with_the_voice_in_it(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={}) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        one = await known_caller(s)
        phone = await chooses(s, stack, "2")
        await phone.hears(30)
        await phone.speak(1.5, hz=800)
        phone.press("#")
        await phone.far.got("BYE")
        await ended(s)
        [(call, start, length)] = await s.rows(
            "inbound_calls", "id", "message_ms", "message_length_ms"
        )
        assert await s.rows("inbound_calls", *CALLED) == [("number", "message", "open")]
        assert isinstance(start, int)
        assert isinstance(length, int)
        assert length > 1000
        [(name, of, person, notice)] = await s.rows(
            "recordings", "name", "inbound_call_id", "consumer_id", "notice_ms"
        )
        assert (of, person) == (call, one.person)
        assert isinstance(notice, int)
        assert notice <= start
        spoken = await said_by_caller(s, str(name), tmp_path)
        assert sum(abs(hz - 800) < 20 for hz in spoken) > 10
        assert not any(abs(hz - 500) < 20 for hz in spoken)


async def test_nine_withdraws_and_silence_is_asked_twice_and_left(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={}) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        await known_caller(s)
        phone = await chooses(s, stack, "9")
        await phone.far.got("BYE")
        await ended(s)
        assert await s.rows("contact_events", "outcome") == [("STOP",)]
        assert await s.rows("opt_outs", "channel", "source") == [("call", "call")]
        far = await stack.enter_async_context(far_side(polite))
        silent = Phone(far, s)
        await silent.answered()
        await far.got("BYE")
        await ended(s)
        assert [outcome for (outcome,) in await s.rows("inbound_calls", "outcome")] == [
            "no_calls",
            "left",
        ]


async def test_a_strangers_wish_waits_until_a_supervisor_finds_the_case(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={}) as s,
        taking_calls(s) as inbound,
        AsyncExitStack() as stack,
    ):
        phone = await chooses(s, stack, "1")
        await phone.far.got("BYE")
        await ended(s)
        assert await s.rows("inbound_calls", *CALLED) == [("unknown", "callback", "open")]
        assert await s.rows("contact_events", "id") == []
        one = await known_caller(s)
        [(call,)] = await s.rows("inbound_calls", "id")
        assert await inbound.wishes.assign(str(call), one.case, by="morgan") == one.case
        assert await s.rows("inbound_calls", *CALLED) == [("assigned", "callback", "none")]
        assert await s.rows("contact_events", "direction", "case_id") == [("in", one.case)]
        assert await s.rows("callbacks", "case_id", "state") == [(one.case, "open")]
        with pytest.raises(NotOpen):
            await inbound.wishes.assign(str(call), one.case, by="morgan")
        with pytest.raises(NotOpen):
            await inbound_calls.done(s.db, str(call), by="morgan")


async def test_of_several_with_one_number_nobody_is_taken_for_the_caller(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        one = await known_caller(s)
        await add_somebody(s.db, number=CALLER, point=one.point)
        await s.at_work("ada")
        await served(s)
        phone = await chooses(s, stack, "1")
        await phone.far.got("BYE")
        await ended(s)
        assert await s.rows("inbound_calls", *CALLED) == [("several", "callback", "open")]
        assert s.state("ada") is AgentState.READY
        assert len(await s.rows("contact_events", "id")) == 2


async def test_a_stranger_who_wants_no_calls_gets_none_once_they_are_known(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={}) as s,
        taking_calls(s) as inbound,
        AsyncExitStack() as stack,
    ):
        phone = await chooses(s, stack, "9")
        await phone.far.got("BYE")
        await ended(s)
        assert await s.rows("inbound_calls", *CALLED) == [("unknown", "no_calls", "open")]
        one = await known_caller(s)
        [(call,)] = await s.rows("inbound_calls", "id")
        await inbound.wishes.assign(str(call), one.case, by="morgan")
        assert await s.rows("contact_events", "outcome") == [("STOP",)]
        assert await s.rows("opt_outs", "consumer_id", "channel") == [(one.person, "call")]


async def talks(s: Scene, stack: AsyncExitStack) -> tuple[Somebody, Phone]:
    """A caller whom ada has on the line."""
    one = await known_caller(s)
    await s.at_work("ada")
    await served(s)
    phone = Phone(await stack.enter_async_context(far_side(polite)), s)
    await phone.answered()
    await s.reaches("ada", AgentState.ON_CALL)
    return one, phone


async def test_a_talk_is_recorded_after_the_notice_and_is_a_conversation_at_once(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        one, phone = await talks(s, stack)
        await phone.speak(0.5, hz=800)
        phone.leave()
        await ended(s)
        assert await s.rows("contact_events", "outcome", "debts") == [("conversation", [one.debt])]
        assert await s.rows("inbound_calls", "outcome", "agent") == [("talked", "ada")]
        [(name, notice)] = await s.rows("recordings", "name", "notice_ms")
        assert isinstance(notice, int)
        async with s.db.read() as conn:
            [kept] = (await recording_life.kept(conn, [str(name)])).values()
        assert [rule.rule_id for rule in kept.rules] == ["US-REGF-RECRET3"]
        screen = s.desk.view("ada").screen
        assert screen is not None
        said = Said(call_id=screen.errand.call_id, code=Code.THIRD_PARTY)
        assert isinstance(await s.disposal.dispose("ada", said), str)
        assert await s.rows("contact_events", "outcome") == [("third_party",)]


async def test_a_caller_whose_agent_is_lost_hears_so_and_is_called_back_soon(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s),
        AsyncExitStack() as stack,
    ):
        one, phone = await talks(s, stack)
        agent = s.phones["ada"]
        agent.ask(agent.requests("INVITE")[0], "BYE", 3)
        await phone.far.got("BYE")
        await ended(s)
        assert s.state("ada") is AgentState.OFFLINE
        assert await s.rows("callbacks", "case_id", "source") == [(one.case, "agent_lost")]
        assert await s.rows("contact_events", "outcome") == [("conversation",)]
        media = phone.far.media
        assert media is not None
        apology = set(g711.tone(500, 0.2))
        assert sum(p.payload in apology for p in media.heard[-12:]) >= 8


@pytest.mark.peer("sipp")
async def test_who_waits_hears_music_and_the_menu_and_gets_the_agent_who_comes_free(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}) as s,
        taking_calls(s, wait_s=0.3),
        AsyncExitStack() as stack,
    ):
        one = await known_caller(s)
        await s.at_work("ada")
        await served(s)
        port = s.engine.layer.advertised[1]
        first = await stack.enter_async_context(sipp_calls(port, number=CALLER))
        await s.reaches("ada", AgentState.ON_CALL)
        second = Phone(await stack.enter_async_context(far_side(polite)), s)
        await second.answered()
        await second.hears(100)  # the notice, music, the menu, music again
        screen = s.desk.view("ada").screen
        assert screen is not None
        await s.desk.talk.hang_up("ada")
        assert await first.ended() == 0, first.errors()
        await s.reaches("ada", AgentState.WRAP_UP)
        said = Said(call_id=screen.errand.call_id, code=Code.RIGHT_PARTY, debts=(one.debt,))
        assert isinstance(await s.disposal.dispose("ada", said), str)
        await s.reaches("ada", AgentState.ON_CALL)
        second.leave()
        await ended(s)
        outcomes = [outcome for (outcome,) in await s.rows("inbound_calls", "outcome")]
        assert outcomes == ["talked", "talked"]


async def test_a_call_that_a_crash_ended_counts_as_the_strictest(tmp_path: Path) -> None:
    async with scene(tmp_path, consumers=answers, agents={}) as s, taking_calls(s) as inbound:
        one = await known_caller(s)
        lost = Arrived(
            call_id="in-lost",
            worker=OWNER,
            number=CALLER,
            matched="number",
            consumer_id=one.person,
            case_id=one.case,
            duties={},
        )
        await inbound_calls.arrived(s.db, lost)
        await inbound.at_start()
        await inbound.at_start()
        assert await s.rows("contact_events", "outcome") == [("unknown",)]
        assert await s.rows("inbound_calls", *CALLED) == [("number", "cut", "open")]
