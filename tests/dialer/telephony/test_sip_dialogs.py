"""What a call does when the far side repeats, forks, loses, asks strange things or speaks A-law."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from compliance.permit import NotCovered
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.port import (
    Answered,
    CallOutcome,
    CallSpec,
    Dtmf,
    Ended,
    EngineRefused,
    PlayFinished,
    RecordingFinished,
    Ringing,
    Transferred,
    UnknownCall,
)
from dialer.telephony.wire import dtmf, g711, rtp, sdp, wav
from dialer.telephony.wire.digest import Challenge, verify
from dialer.telephony.wire.message import Request
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.permits import permit_for
from tests.dialer.telephony.sipp import NUMBER, desk, until

QUICK = Timers(t1=0.05, t2=0.2, t4=0.2)


async def test_each_repeated_answer_gets_the_same_ack() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            for _ in range(3):
                far.answer(request, 200, audio=True)
        elif request.method == "BYE":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        await far.got("ACK", 3)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        await far.got("BYE")
    acks = far.requests("ACK")
    assert len({ack.encode() for ack in acks}) == 1
    assert acks[0].to_tag == "far"
    assert acks[0].via.branch != far.requests("INVITE")[0].via.branch
    assert len(near.seen(Answered)) == 1


async def test_a_second_fork_that_answers_is_ended() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            far.answer(request, 200, audio=True, tag="one")
            far.answer(request, 200, audio=True, tag="two")
        elif request.method == "BYE":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        assert (await far.got("BYE")).to_tag == "two"
        assert {ack.to_tag for ack in far.requests("ACK")} == {"one", "two"}
        await near.engine.hangup("call-1")
        assert (await far.got("BYE", 2)).to_tag == "one"
        await near.wait(Ended)


async def test_requests_inside_a_call_follow_contact_and_record_route() -> None:
    def script(far: FarSide, request: Request) -> None:
        here = f"127.0.0.1:{far.port}"
        if request.method == "INVITE":
            routes = (
                ("Record-Route", f"<sip:{here};lr>"),
                ("Record-Route", "<sip:near-proxy.example;lr>"),
            )
            far.answer(request, 200, audio=True, headers=tuple(reversed(routes)))
        elif request.method == "BYE":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        ack = await far.got("ACK")
        await near.engine.hangup("call-1")
        bye = await far.got("BYE")
        await near.wait(Ended)
        here = f"127.0.0.1:{far.port}"
    for request in (ack, bye):
        assert request.uri == f"sip:far@{here}"
        assert request.all("Route") == (f"<sip:{here};lr>", "<sip:near-proxy.example;lr>")
    assert (ack.cseq, bye.cseq) == ((1, "ACK"), (2, "BYE"))


def answers_until_acknowledged(far: FarSide, request: Request) -> None:
    """Says 200 again until the ACK comes, as a far side has to (RFC 3261, 13.3.1.4)."""
    if request.method != "INVITE":
        answers(far, request)
        return
    far.answer(request, 180)

    def again(left: int) -> None:
        if left and all(ack.call_id != request.call_id for ack in far.requests("ACK")):
            far.answer(request, 200, audio=True)
            asyncio.get_running_loop().call_later(0.05, again, left - 1)

    again(100)


async def test_no_call_is_lost_when_datagrams_are() -> None:
    async with (
        far_side(answers_until_acknowledged, lose=0.2) as far,
        desk(far.port, timers=QUICK) as near,
    ):
        ids = [f"call-{n}" for n in range(20)]
        for call_id in ids:
            await near.call(call_id, ring=20)
        for call_id in ids:
            await near.wait(Answered, call_id)
        for call_id in ids:
            await near.engine.hangup(call_id)
        for call_id in ids:
            assert (await near.wait(Ended, call_id)).outcome is CallOutcome.ANSWERED
        await until(lambda: not near.engine.layer.asking())
    assert {r.call_id for r in far.requests("BYE")} == {r.call_id for r in far.requests("INVITE")}


async def test_an_answer_after_silence_was_given_up_is_ended() -> None:
    async with far_side(lambda far, request: None) as far, desk(far.port) as near:
        await near.call(ring=0.1)
        assert (await near.wait(Ended)).outcome is CallOutcome.NO_ROUTE
        invite = await far.got("INVITE")
        assert far.requests("CANCEL") == []  # none before a provisional answer
        far.answer(invite, 180)
        cancel = await far.got("CANCEL")
        assert cancel.via.branch == invite.via.branch
        far.answer(cancel, 200)
        far.answer(invite, 200, audio=True)
        far.answer(await far.got("BYE"), 200)
        assert far.requests("ACK")
    assert near.kinds() == ["Trying", "Ended"]


async def test_a_challenge_to_the_bye_is_answered() -> None:
    asked = Challenge(realm="r", nonce="n", algorithm="SHA-256", qop=True)

    def script(far: FarSide, request: Request) -> None:
        given = request.get("Proxy-Authorization") or ""
        if request.method != "BYE":
            answers(far, request)
        elif verify(given, asked, username="desk", password="secret", method="BYE"):
            far.answer(request, 200)
        else:
            far.answer(request, 407, headers=(("Proxy-Authenticate", asked.encode()),))

    async with far_side(script) as far, desk(far.port, username="desk", password="secret") as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        again = await far.got("BYE", 2)
        await near.wait(Ended)
    assert again.cseq == (3, "BYE")


async def test_an_answer_without_usable_audio_is_ended() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method != "ACK":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        ended = await near.wait(Ended)
        await far.got("BYE")
        await far.got("ACK")
    assert ended.outcome is CallOutcome.INCOMPATIBLE
    assert near.seen(Answered) == []


async def test_requests_from_the_far_side_are_answered_by_the_book() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        far.ask(invite, "BYE", 1, tag="stranger", branch="x")
        assert (await far.told("BYE")).status == 481
        far.ask(invite, "OPTIONS", 2)
        assert (await far.told("OPTIONS")).status == 200
        far.ask(invite, "REFER", 3)
        refused = await far.told("REFER")
        assert (refused.status, "BYE" in (refused.get("Allow") or "")) == (405, True)
        assert far.media is not None
        far.ask(invite, "UPDATE", 4, body=far.media.described.encode())
        assert sdp.parse((await far.told("UPDATE")).body).codecs == (0,)
        far.ask(invite, "INVITE", 5)
        offered = await far.told("INVITE")
        assert sdp.parse(offered.body).codecs == (0, 8)
        far.ask(invite, "ACK", 5, body=far.media.described.encode())
        far.ask(invite, "INVITE", 6, body=b"v=0\r\nm=video 1 RTP/AVP 31\r\n")
        await until(lambda: far.responses("INVITE")[-1].status == 488)
        far.ask(invite, "ACK", 6)
        far.ask(invite, "BYE", 7)
        assert (await far.told("BYE", 2)).status == 200
        far.ask(invite, "BYE", 7)
        assert (await far.told("BYE", 3)).status == 200
        await near.wait(Ended)


async def test_a_call_outlives_a_re_invite_whose_ack_has_its_own_branch() -> None:
    brisk = Timers(t1=0.03, t2=0.1, t4=0.1)
    async with far_side(answers) as far, desk(far.port, timers=brisk) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        assert far.media is not None
        far.ask(invite, "INVITE", 5, body=far.media.described.encode())
        await far.told("INVITE")
        far.ask(invite, "ACK", 5, branch="another")
        await SystemClock().sleep(1.2 * brisk.give_up)
        assert near.seen(Ended) == []
        far.ask(invite, "INVITE", 6, body=far.media.described.encode())
        assert (await near.wait(Ended)).reason == "no ACK"


async def test_reliable_ringing_is_acknowledged_by_prack_each_time_once() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            for number in (7, 7, 9, 8):  # a repeat, and one that came too early
                headers = (("Require", "100rel"), ("RSeq", str(number)))
                far.answer(request, 183, audio=True, headers=headers)
        elif request.method == "PRACK" and len(far.requests("PRACK")) == 2:
            far.answer(request, 200)
            far.answer(far.requests("INVITE")[0], 200, audio=True)
        elif request.method != "ACK":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        assert len(near.seen(Ringing)) == 1
        await near.engine.hangup("call-1")
        bye = await far.got("BYE")
        await near.wait(Ended)
    assert "100rel" in far.requests("INVITE")[0].all("Supported")
    pracks = [(p.get("RAck"), p.cseq[0], p.to_tag) for p in far.requests("PRACK")]
    assert pracks == [("7 1 INVITE", 2, "far"), ("8 1 INVITE", 3, "far")]
    assert (far.requests("ACK")[0].cseq[0], bye.cseq[0]) == (1, 4)


async def test_an_update_before_the_answer_is_granted_in_its_own_dialog_only() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            far.answer(request, 180)
            far.ask(request, "UPDATE", 1, headers=(("Session-Expires", "1800"),))
            far.ask(request, "UPDATE", 2, tag="stranger", branch="x")
            far.ask(request, "BYE", 3)
        elif request.method != "ACK":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        await until(lambda: len(far.responses("UPDATE")) == 2 and far.responses("BYE"))
        assert [answer.status for answer in far.responses("UPDATE")] == [200, 481]
        assert far.responses("BYE")[0].status == 481
        far.answer(far.requests("INVITE")[0], 200, audio=True)
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)


@pytest.mark.parametrize("updates", [True, False])
async def test_we_refresh_the_session_when_it_is_ours_to_do(updates: bool) -> None:
    allow = "INVITE, ACK, BYE, CANCEL" + (", UPDATE" if updates else "")
    method = "UPDATE" if updates else "INVITE"

    def script(far: FarSide, request: Request) -> None:
        headers = (("Session-Expires", "1;refresher=uac"), ("Allow", allow))
        if request.method in {"INVITE", "UPDATE"}:
            if len(far.requests("INVITE")) + len(far.requests("UPDATE")) > 3:
                headers = headers[1:]
            far.answer(request, 200, audio=request.method == "INVITE", headers=headers)
        elif request.method != "ACK":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        refresh = await far.got(method, 3 if updates else 4)
        await SystemClock().sleep(0.7)  # the last answer set no limit
        await near.engine.hangup("call-1")
        await near.wait(Ended)
    assert refresh.get("Session-Expires") == "1;refresher=uac"
    assert len(far.requests(method)) == (3 if updates else 4)
    assert len(far.requests("ACK")) == len(far.requests("INVITE"))


async def test_a_session_that_nobody_refreshes_ends() -> None:
    def script(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            headers = (("Session-Expires", "1;refresher=uas"), ("Require", "timer"))
            far.answer(request, 200, audio=True, headers=headers)
        elif request.method != "ACK":
            far.answer(request, 200)

    async with far_side(script) as far, desk(far.port) as near:
        await near.call()
        ended = await near.wait(Ended)
        await far.got("BYE")
    assert (ended.hung_up_by, "expired" in ended.reason) == ("network", True)


async def test_the_far_sides_refresh_is_granted_unless_it_is_too_short() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        far.ask(invite, "UPDATE", 2, headers=(("Session-Expires", "10"),))
        refused = await far.told("UPDATE")
        assert (refused.status, refused.get("Min-SE")) == (422, "90")
        far.ask(invite, "UPDATE", 3, headers=(("Session-Expires", "1800;refresher=uac"),))
        granted = await far.told("UPDATE", 2)
        assert (granted.status, granted.get("Require")) == (200, "timer")
        assert granted.get("Session-Expires") == "1800;refresher=uac"
        far.ask(invite, "UPDATE", 4, headers=(("Session-Expires", "1800;refresher=uas"),))
        ours = await far.told("UPDATE", 3)
        assert (ours.get("Require"), ours.get("Session-Expires")) == (None, "1800;refresher=uas")
        far.ask(invite, "BYE", 5)
        await near.wait(Ended)


@pytest.mark.parametrize("status", [200, 486])
async def test_a_blind_transfer_ends_our_part_only_when_it_has_worked(status: int) -> None:
    def script(far: FarSide, request: Request) -> None:
        answers(far, request)
        if request.method == "REFER":
            for number, code in ((2, 100), (3, status)):
                body = f"SIP/2.0 {code} Word\r\n".encode()
                headers = (("Event", "refer"), ("Subscription-State", "active"))
                far.ask(far.requests("INVITE")[0], "NOTIFY", number, body=body, headers=headers)

    house = frozenset({"+12125550142"})
    async with far_side(script) as far, desk(far.port, transfer_to=house) as near:
        await near.call()
        await near.wait(Answered)
        with pytest.raises(EngineRefused, match="in-house"):
            await near.engine.transfer("call-1", "+12125550199")
        await near.engine.transfer("call-1", "+12125550142")
        assert (await near.wait(Transferred)).status == status
        if status == 486:
            assert near.seen(Ended) == []
            await near.engine.hangup("call-1")
        assert (await near.wait(Ended)).outcome is CallOutcome.ANSWERED
        await far.got("BYE")
    refer = far.requests("REFER")[0]
    assert refer.get("Refer-To") == f"<sip:+12125550142@127.0.0.1:{far.port}>"


async def test_requests_outside_any_call_are_answered_too() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        stray = Request(
            method="INVITE",
            uri=invite.uri,
            headers=tuple(
                (name, "elsewhere") if name == "Call-ID" else (name, value)
                for name, value in invite.headers
            ),
        )
        replies = {}
        for method in ("OPTIONS", "INVITE", "BYE", "CANCEL", "SUBSCRIBE"):
            far.ask(stray, method, 9)
            replies[method] = (await far.told(method)).status
        far.ask(stray, "ACK", 9)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
    assert replies == {"OPTIONS": 200, "INVITE": 481, "BYE": 481, "CANCEL": 481, "SUBSCRIBE": 405}


async def test_digits_are_heard_and_strangers_are_not() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        here = sdp.parse(far.requests("INVITE")[0].body)
        assert far.media is not None
        for digit in "1#":
            for packet in dtmf.press(far.media.stream, digit, payload_type=97):
                far.media.send(packet, here)
        await until(lambda: len(near.seen(Dtmf)) == 2)
        far.media.send(b"junk", here)
        await until(lambda: near.engine.stats().media.junk == 1)
        far.ask(far.requests("INVITE")[0], "BYE", 2)
        await near.wait(Ended)
    assert "".join(event.digit for event in near.seen(Dtmf)) == "1#"


async def test_both_directions_are_recorded_side_by_side_in_a_law_too(tmp_path: Path) -> None:
    async with far_side(answers, codec=rtp.PCMA) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        with pytest.raises(ValueError, match="being recorded"):
            await near.engine.record("call-1", str(tmp_path / "other.wav"))
        await near.engine.play("call-1", g711.tone(440, 1.0), name="ours")
        here = sdp.parse(far.requests("INVITE")[0].body)
        assert far.media is not None
        for frame in g711.tone(880, 0.8):
            far.media.send(far.media.stream.packet(rtp.PCMA, g711.ulaw_to_alaw(frame)), here)
        await near.wait(PlayFinished)
        await near.engine.hangup("call-1")
        recorded = await near.wait(RecordingFinished)
        await near.wait(Ended)
    left, right = wav.read(recorded.path)
    assert loud_share(left) > 0.9
    assert 0.5 < loud_share(right) <= 0.9
    assert {packet.payload_type for packet in far.media.heard} == {rtp.PCMA}
    sequence = [packet.sequence for packet in far.media.heard]
    assert sequence == [(sequence[0] + n) & 0xFFFF for n in range(len(sequence))]


def loud_share(payload: bytes) -> float:
    frames = g711.frames(payload)
    return sum(frame != g711.SILENCE for frame in frames) / len(frames)


async def test_a_recording_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        with pytest.raises(OSError, match="gone"):
            await near.engine.record("call-1", str(tmp_path / "gone" / "call.wav"))
        await near.engine.hangup("call-1")
        await near.wait(Ended)
    assert near.seen(RecordingFinished) == []


async def test_a_permit_for_another_number_or_another_time_sends_nothing() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        spec = CallSpec(call_id="call-1", number=NUMBER, caller_id="+12125550100", ring_timeout_s=5)
        now = SystemClock().now()
        with pytest.raises(NotCovered):
            await near.engine.originate(permit_for("+12125550199", now), spec)
        with pytest.raises(NotCovered):
            await near.engine.originate(permit_for(NUMBER, now - timedelta(hours=1)), spec)
        assert near.engine.stats().sip.sent == 0
        with pytest.raises(UnknownCall):
            await near.engine.hangup("call-1")


async def test_originate_is_idempotent() -> None:
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        await near.call()
        assert len(far.requests("INVITE")) == 1


async def test_calls_per_second_are_kept_by_waiting_a_little() -> None:
    clock = SystemClock()
    async with far_side(answers) as far, desk(far.port, max_calls_per_second=10.0) as near:
        began = clock.monotonic()
        for n in range(14):
            await near.call(f"call-{n}")
        assert 0.3 < clock.monotonic() - began < 1.5
        for n in range(14):
            await near.wait(Answered, f"call-{n}")
            await near.engine.hangup(f"call-{n}")
            await near.wait(Ended, f"call-{n}")


async def test_options_find_a_dead_trunk_and_its_return() -> None:
    def script(far: FarSide, request: Request) -> None:
        far.answer(request, 200)

    async with far_side(script) as far:
        port = far.port
        async with desk(port, keepalive_s=0.1, timers=QUICK) as near:
            await far.got("OPTIONS", 2)
            assert (await near.engine.health()).ready
            far.close()
            async with asyncio.timeout(5):
                while (await near.engine.health()).ready:
                    await SystemClock().sleep(0.02)


async def test_a_trunk_that_falls_silent_loses_its_calls_to_the_next_and_wins_them_back() -> None:
    silent = False

    def falters(far: FarSide, request: Request) -> None:
        if not silent:
            answers(far, request)

    async with (
        far_side(falters) as first,
        far_side(answers) as second,
        desk(first.port, second.port, keepalive_s=0.1, timers=QUICK) as near,
    ):
        await first.got("OPTIONS")
        silent = True
        async with asyncio.timeout(10):
            while "trunk-1" not in (await near.engine.health()).detail:
                await near.pause()
        await near.call("during")
        await near.wait(Answered, "during")
        silent = False
        async with asyncio.timeout(10):
            while "trunk-1" in (await near.engine.health()).detail:
                await near.pause()
        await near.call("after")
        await near.wait(Answered, "after")
        for call_id in ("during", "after"):
            await near.engine.hangup(call_id)
            await near.wait(Ended, call_id)
    assert (len(first.requests("INVITE")), len(second.requests("INVITE"))) == (1, 1)


@pytest.mark.parametrize("status", [500, 502, 504, 401, 403])
async def test_what_is_the_trunks_own_fault_moves_the_call_on(status: int) -> None:
    asked = Challenge(realm="r", nonce="n", algorithm="MD5", qop=True)

    def refuses(far: FarSide, request: Request) -> None:
        if request.method != "INVITE":
            answers(far, request)
        elif status == 401 or (status == 403 and not request.get("Authorization")):
            far.answer(request, 401, headers=(("WWW-Authenticate", asked.encode()),))
        else:
            far.answer(request, status)

    async with (
        far_side(refuses) as first,
        far_side(answers) as second,
        desk(first.port, second.port, username="desk", password="wrong") as near,
    ):
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        assert len(second.requests("INVITE")) == 1
    assert near.kinds() == ["Trying", "Ringing", "Answered", "Ended"]


async def test_without_a_trunk_the_engine_says_so() -> None:
    async with desk() as near:
        health = await near.engine.health()
        assert (health.ready, health.detail) == (False, "no trunk is set up")
        with pytest.raises(EngineRefused, match="no trunk"):
            await near.call()
