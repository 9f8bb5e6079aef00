"""sipp as the far side: every kind of answer becomes the right outcome, told exactly once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.port import (
    Answered,
    CallOutcome,
    Ended,
    EngineRefused,
    PlayFinished,
    RecordingFinished,
    Ringing,
)
from dialer.telephony.wire import g711, wav
from tests.conftest import free_port
from tests.dialer.telephony.sipp import desk, sipp

pytestmark = pytest.mark.peer("sipp")


async def test_an_answered_call_plays_records_and_ends_by_our_bye(tmp_path: Path) -> None:
    async with sipp("answers") as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", g711.tone(440, 0.6), name="message")
        assert (await near.wait(PlayFinished)).completed
        await near.engine.hangup("call-1")
        ended = await near.wait(Ended)
        assert await far.ended() == 0
    assert (ended.outcome, ended.hung_up_by, ended.ringing_seen) == (
        CallOutcome.ANSWERED,
        "us",
        True,
    )
    assert ended.talk_ms >= 600
    recorded = near.seen(RecordingFinished)[0]
    left, right = wav.read(recorded.path)
    assert len(left) == len(right) >= 4800
    assert abs(recorded.duration_s - 0.6) < 0.2
    assert max(abs(s - 0xFF) for s in left) > 0
    assert near.kinds() == [
        "Trying",
        "Ringing",
        "Answered",
        "PlayFinished",
        "RecordingFinished",
        "Ended",
    ]


@pytest.mark.parametrize(
    ("code", "reason", "progress", "outcome", "q850"),
    [
        ("486", "X-None: 1", "180 Ringing", CallOutcome.BUSY, None),
        ("486", "X-None: 1", "183 Session Progress", CallOutcome.BUSY, None),
        ("603", "X-None: 1", "180 Ringing", CallOutcome.REJECTED, None),
        ("404", "X-None: 1", "100 Trying", CallOutcome.BAD_NUMBER, None),
        ("503", "X-None: 1", "100 Trying", CallOutcome.CONGESTION, None),
        ("480", "X-None: 1", "100 Trying", CallOutcome.UNAVAILABLE, None),
        ("480", "X-None: 1", "180 Ringing", CallOutcome.NO_ANSWER, None),
        ("488", "X-None: 1", "100 Trying", CallOutcome.INCOMPATIBLE, None),
        ("555", "X-None: 1", "100 Trying", CallOutcome.CONGESTION, None),
        ("480", 'Reason: Q.850;cause=17;text="User busy"', "100 Trying", CallOutcome.BUSY, 17),
        ("503", "Reason: Q.850;cause=1", "100 Trying", CallOutcome.BAD_NUMBER, 1),
    ],
)
async def test_a_refusal_is_told_for_what_it_is(
    code: str,
    reason: str,
    progress: str,
    outcome: CallOutcome,
    q850: int | None,
) -> None:
    async with (
        sipp("reject", code=code, reason=reason, progress=progress) as far,
        desk(far.port) as near,
    ):
        await near.call()
        ended = await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert (ended.outcome, ended.sip_code, ended.q850) == (outcome, int(code), q850)
    assert ended.hung_up_by == "them"
    assert ended.ringing_seen == bool(near.seen(Ringing)) == (not progress.startswith("100"))


async def test_calls_over_tcp_are_answered_refused_and_ended_by_either_side() -> None:
    async with sipp("answers", tcp=True) as far, desk(far.port, transport="TCP") as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        assert (await near.wait(Ended)).hung_up_by == "us"
        assert await far.ended() == 0, far.errors()
    async with sipp("hangs_up", tcp=True) as far, desk(far.port, transport="TCP") as near:
        await near.call()
        assert (await near.wait(Ended)).hung_up_by == "them"
        assert await far.ended() == 0, far.errors()
    keys = {"code": "486", "reason": "X-None: 1", "progress": "180 Ringing"}
    async with (
        sipp("reject", tcp=True, **keys) as far,
        desk(far.port, transport="TCP") as near,
    ):
        await near.call()
        assert (await near.wait(Ended)).outcome is CallOutcome.BUSY
        assert await far.ended() == 0, far.errors()


async def test_a_refusal_without_any_provisional_answer() -> None:
    async with (
        sipp("reject_at_once", code="486", reason="X-None: 1") as far,
        desk(far.port) as near,
    ):
        await near.call()
        assert (await near.wait(Ended)).outcome is CallOutcome.BUSY
        assert await far.ended() == 0, far.errors()


@pytest.mark.parametrize(
    ("scenario", "outcome", "rang"),
    [("ringing", CallOutcome.NO_ANSWER, True), ("trying", CallOutcome.UNAVAILABLE, False)],
)
async def test_the_ring_timeout_cancels(scenario: str, outcome: CallOutcome, rang: bool) -> None:
    async with sipp(scenario) as far, desk(far.port) as near:
        await near.call(ring=0.5)
        ended = await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert (ended.outcome, ended.sip_code, ended.ringing_seen) == (outcome, 487, rang)
    assert ended.hung_up_by == "us"


async def test_our_own_hangup_while_it_rings_is_no_attempt_result() -> None:
    async with sipp("ringing") as far, desk(far.port) as near:
        await near.call()
        await near.wait(Ringing)
        await near.engine.hangup("call-1")
        await near.engine.hangup("call-1")
        assert (await near.wait(Ended)).outcome is CallOutcome.CANCELLED
        assert await far.ended() == 0, far.errors()
        await near.engine.hangup("call-1")


async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    async with sipp("crossing") as far, desk(far.port) as near:
        await near.call(ring=0.3)
        ended = await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert (ended.outcome, ended.sip_code) == (CallOutcome.ANSWERED, 200)
    assert near.kinds() == ["Trying", "Ringing", "Ended"]


async def test_silence_ends_at_the_ring_timeout() -> None:
    async with sipp("silent") as far, desk(far.port) as near:
        await near.call(ring=0.4)
        ended = await near.wait(Ended)
        assert (ended.outcome, ended.sip_code) == (CallOutcome.NO_ROUTE, None)
        assert not ended.ringing_seen
        await near.call("call-2", ring=0.1)
        await near.wait(Ended, "call-2")
        with pytest.raises(EngineRefused, match="does not answer"):
            await near.call("call-3")
        assert not (await near.engine.health()).ready


async def test_silence_until_timer_b_puts_the_trunk_down() -> None:
    async with sipp("silent") as far, desk(far.port, timers=Timers(t1=0.01)) as near:
        await near.call()
        assert (await near.wait(Ended)).outcome is CallOutcome.NO_ROUTE
        with pytest.raises(EngineRefused, match="no final answer") as refused:
            await near.call("call-2")
        assert refused.value.retryable


async def test_a_port_where_nobody_listens_is_known_at_once() -> None:
    async with desk(free_port()) as near:
        await near.call()
        ended = await near.wait(Ended)
        assert (ended.outcome, ended.hung_up_by) == (CallOutcome.NO_ROUTE, "network")
        health = await near.engine.health()
        assert not health.ready
        assert "nobody listens" in health.detail
        with pytest.raises(EngineRefused):
            await near.call("call-2")


@pytest.mark.parametrize("code", [401, 407])
async def test_a_digest_challenge_is_answered(code: int) -> None:
    async with (
        sipp(f"digest_{code}") as far,
        desk(far.port, username="desk", password="secret") as near,
    ):
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        assert await far.ended() == 0, far.errors()


async def test_a_wrong_password_is_a_fault_of_the_trunk() -> None:
    async with (
        sipp("digest_401") as far,
        desk(far.port, username="desk", password="wrong") as near,
    ):
        await near.call()
        ended = await near.wait(Ended)
        assert (ended.outcome, ended.sip_code) == (CallOutcome.AUTH, 403)
        with pytest.raises(EngineRefused, match="refuses our credentials"):
            await near.call("call-2")


@pytest.mark.parametrize("code", [401, 407])
async def test_a_challenge_is_not_answered_for_ever(code: int) -> None:
    async with (
        sipp(f"refused_{code}") as far,
        desk(far.port, username="desk", password="secret") as near,
    ):
        await near.call()
        ended = await near.wait(Ended)
        assert (ended.outcome, ended.sip_code) == (CallOutcome.AUTH, code)
        assert await far.ended() == 0, far.errors()


async def test_early_media_is_told() -> None:
    async with sipp("early") as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert [event.early_media for event in near.seen(Ringing)] == [True]
    assert near.engine.stats().media.sent > 5


async def test_a_reliable_provisional_answer_is_acknowledged() -> None:
    async with sipp("reliable") as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert [event.early_media for event in near.seen(Ringing)] == [True]


async def test_the_far_side_holds_resumes_and_hangs_up() -> None:
    async with sipp("hold") as far, desk(far.port) as near:
        await near.call()
        ended = await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.ANSWERED, "them")
    assert ended.talk_ms > 900
    assert near.engine.stats().media.sent < 0.8 * ended.talk_ms / 20


async def test_the_far_side_hangs_up_with_a_cause(tmp_path: Path) -> None:
    async with sipp("hangs_up") as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", g711.tone(440, 5.0), name="long")
        ended = await near.wait(Ended)
        assert await far.ended() == 0, far.errors()
        await near.engine.play("call-1", g711.tone(440, 1.0), name="too late")
    assert (ended.hung_up_by, ended.q850, ended.reason) == ("them", 16, "Normal call clearing")
    assert [event.completed for event in near.seen(PlayFinished)] == [False]
    assert near.seen(RecordingFinished)[0].error is None


async def test_fifty_calls_at_once_leave_nothing_behind() -> None:
    before = len(asyncio.all_tasks())
    async with sipp("uas", calls=50) as far, desk(far.port) as near:
        ids = [f"call-{n}" for n in range(50)]
        for call_id in ids:
            await near.call(call_id)
        for call_id in ids:
            await near.wait(Answered, call_id)
        assert near.engine.stats().live_legs == 50
        with pytest.raises(EngineRefused, match="no free channel"):
            await near.call("one-too-many")
        for call_id in ids:
            await near.engine.hangup(call_id)
        for call_id in ids:
            assert (await near.wait(Ended, call_id)).outcome is CallOutcome.ANSWERED
        assert await far.ended() == 0, far.errors()
    assert near.engine.stats().transactions == 0
    assert len(asyncio.all_tasks()) == before


async def test_drain_ends_what_is_left_within_its_seconds() -> None:
    async with sipp("answers", calls=2) as far, desk(far.port) as near:
        await near.call("answered")
        await near.wait(Answered, "answered")
        await near.call("also", ring=30)
        async with asyncio.timeout(1.5):
            await near.engine.drain(1.0)
        await near.wait(Ended, "answered")
        await near.wait(Ended, "also")
        with pytest.raises(EngineRefused, match="closing"):
            await near.call("late")
        assert await far.ended() == 0, far.errors()


async def test_a_trunk_that_fails_gives_the_call_to_the_next() -> None:
    async with (
        sipp("reject", code="503", reason="Retry-After: 30", progress="100 Trying") as bad,
        sipp("answers", calls=2) as good,
        desk(free_port(), bad.port, good.port) as near,
    ):
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.call("call-2")
        await near.wait(Answered, "call-2")
        await near.engine.hangup("call-2")
        await near.wait(Ended, "call-2")
        assert await bad.ended() == 0
        assert await good.ended() == 0
        detail = (await near.engine.health()).detail
    assert near.kinds() == ["Trying", "Ringing", "Answered", "Ended"]
    assert "trunk-1: nobody listens" in detail
    assert "trunk-2: it asks for rest" in detail
