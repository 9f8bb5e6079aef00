"""Calls that come in: taken from our trunks alone, told of once, and ended properly."""

from __future__ import annotations

import pytest

from dialer.telephony.drivers.sip import incoming
from dialer.telephony.drivers.sip.incoming import number_of
from dialer.telephony.port import Answered, CallOutcome, Ended, Incoming, PlayFinished
from dialer.telephony.wire import g711, rtp, sdp
from dialer.telephony.wire.message import Headers
from tests.dialer.telephony.caller import CALLER, arrived, polite, ring, within
from tests.dialer.telephony.far_side import far_side
from tests.dialer.telephony.sipp import desk, until


async def test_a_call_is_told_of_taken_and_spoken_to() -> None:
    async with far_side(polite) as far, desk(far.port) as near:
        invite = ring(far, near.engine)
        call_id = await arrived(near)
        told = near.seen(Incoming, call_id)[0]
        assert (told.number, told.called) == (CALLER, "+12125550100")
        assert (await far.told("INVITE")).status == 180
        await near.engine.answer(call_id)
        await near.engine.answer(call_id)
        await until(lambda: far.responses("INVITE")[-1].status == 200)
        ok = far.responses("INVITE")[-1]
        assert sdp.parse(ok.body).codecs == (rtp.PCMU,)
        far.send(within(invite, "ACK", ok.get("To") or ""))
        await near.wait(Answered, call_id)
        await near.engine.play(call_id, g711.tone(440, 0.3), name="thanks")
        await near.wait(PlayFinished, call_id)
        await near.engine.hangup(call_id)
        bye = await far.got("BYE")
        assert (bye.to_tag, bye.from_tag, bye.cseq) == ("theirs", ok.to_tag, (1, "BYE"))
        ended = await near.wait(Ended, call_id)
        assert far.media is not None
        assert sum(p.payload != g711.SILENCE for p in far.media.heard) >= 14
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.ANSWERED, "us")
    assert len(near.seen(Answered, call_id)) == 1


async def test_the_caller_may_give_up_or_hang_up() -> None:
    async with far_side(polite) as far, desk(far.port) as near:
        invite = ring(far, near.engine)
        call_id = await arrived(near)
        far.send(within(invite, "CANCEL", invite.get("To") or ""))
        assert (await far.told("CANCEL")).status == 200
        ended = await near.wait(Ended, call_id)
        assert (ended.outcome, ended.hung_up_by) == (CallOutcome.CANCELLED, "them")
        await until(lambda: far.responses("INVITE")[-1].status == 487)
        far.send(within(invite, "ACK", far.responses("INVITE")[-1].get("To") or ""))


async def test_no_bye_goes_before_the_ack() -> None:
    async with far_side(polite) as far, desk(far.port) as near:
        invite = ring(far, near.engine, offer=False)
        call_id = await arrived(near)
        await near.engine.answer(call_id)
        await near.engine.hangup(call_id)
        await until(lambda: far.responses("INVITE")[-1].status == 200)
        ok = far.responses("INVITE")[-1]
        assert sdp.parse(ok.body).codecs == (rtp.PCMU, rtp.PCMA)
        assert far.requests("BYE") == []
        assert far.media is not None
        far.send(within(invite, "ACK", ok.get("To") or "", body=far.media.described.encode()))
        await far.got("BYE")
        await near.wait(Ended, call_id)


async def test_a_call_that_is_refused_or_that_nobody_takes_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incoming, "RING_LIMIT", 0.2)
    async with far_side(polite) as far, desk(far.port) as near:
        ring(far, near.engine)
        ended = await near.wait(Ended, await arrived(near))
        assert (ended.outcome, ended.sip_code) == (CallOutcome.REJECTED, 480)
        await until(lambda: far.responses("INVITE")[-1].status == 480)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ((("Require", "100rel"),), b"", 420),
        ((), b"v=0\r\nm=video 1 RTP/AVP 31\r\n", 488),
    ],
)
async def test_what_we_can_not_do_is_refused(headers: Headers, body: bytes, status: int) -> None:
    async with far_side(polite) as far, desk(far.port) as near:
        ring(far, near.engine, headers=headers, body=body)
        if status == 488:
            await near.engine.answer(await arrived(near))
        await until(
            lambda: far.responses("INVITE")[-1:] and far.responses("INVITE")[-1].status == status
        )


async def test_without_a_free_channel_the_caller_hears_busy() -> None:
    async with far_side(polite) as far, desk(far.port, max_channels=0) as near:
        ring(far, near.engine)
        assert (await far.told("INVITE")).status == 486
        assert near.told == {}


async def test_strangers_can_not_call_in() -> None:
    async with far_side(polite) as far, desk() as near:
        ring(far, near.engine)
        assert (await far.told("INVITE")).status == 403
        assert near.told == {}


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:+12125550123@carrier.example", "+12125550123"),
        ("sip:+1-212-555-0123;npdi@carrier.example:5070;user=phone", "+12125550123"),
        ("tel:+1(212)5550123", "+12125550123"),
        ("sip:anonymous@anonymous.invalid", ""),
        ("mailto:+12125550123@example.org", ""),
    ],
)
def test_numbers_are_read_from_addresses(uri: str, number: str) -> None:
    assert number_of(uri) == number
