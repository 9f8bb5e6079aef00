"""SRTP: offered over TLS alone, taken where it may be, never left where it must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialer.runtime.tls import Tls
from dialer.telephony.drivers.sip.trunk import Srtp
from dialer.telephony.port import Answered, CallOutcome, Ended, Incoming, RecordingFinished
from dialer.telephony.wire import g711, rtp, sdp, wav
from dialer.telephony.wire.message import Request, Response, reply
from dialer.telephony.wire.srtp import KEY_SIZE, Crypto, Protection
from tests.certificates import Authority
from tests.dialer.telephony.far_side import Audio, answers, far_side
from tests.dialer.telephony.line import Line, carrier, line
from tests.dialer.telephony.sipp import Desk, desk, until

KEY = bytes(range(KEY_SIZE))
VOICE = g711.tone(880, 0.4)


class Encrypted(Audio):
    """Audio that keeps what came as it came."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.raw.append(data)


@asynccontextmanager
async def ear() -> AsyncIterator[Encrypted]:
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(
        Encrypted, local_addr=("127.0.0.1", 0)
    )
    try:
        yield made
    finally:
        transport.close()


@asynccontextmanager
async def called(folder: Path, srtp: Srtp) -> AsyncIterator[tuple[Desk, Line, Request]]:
    """A call that a trunk by TLS has just been asked for."""
    authority = Authority(folder)
    async with (
        carrier(authority.certificate()) as (port, lines),
        desk(port, transport="TLS", srtp=srtp, security=Tls(ca_file=authority.file)) as near,
    ):
        await near.call()
        await until(lambda: lines)
        yield near, lines[0], await lines[0].request("INVITE")


def accept(wire: Line, invite: Request, media: sdp.Media) -> None:
    port = wire.writer.get_extra_info("sockname")[1]
    contact = ("Contact", f"<sip:far@127.0.0.1:{port};transport=tls>")
    headers = (contact, ("Content-Type", "application/sdp"))
    wire.writer.write(
        reply(invite, 200, to_tag="far", headers=headers, body=media.encode()).encode()
    )


async def leave(near: Desk, wire: Line) -> Ended:
    await near.engine.hangup("call-1")
    wire.writer.write(reply(await wire.request("BYE"), 200).encode())
    return await near.wait(Ended)


@pytest.mark.parametrize("srtp", [Srtp.OPTIONAL, Srtp.REQUIRED])
async def test_both_sides_are_heard_and_nobody_between(tmp_path: Path, srtp: Srtp) -> None:
    async with ear() as audio, called(tmp_path, srtp) as (near, wire, invite):
        offered = sdp.parse(invite.body)
        assert offered.secure == (srtp is Srtp.REQUIRED)
        assert offered.crypto is not None
        ours = replace(audio.described, secure=offered.secure, crypto=Crypto(tag=1, key=KEY))
        accept(wire, invite, ours)
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", VOICE, name="voice")
        theirs = Protection(KEY, offered.crypto.key)
        for frame in VOICE:
            packet = audio.stream.packet(rtp.PCMU, frame).encode()
            audio.send(theirs.protect(packet), offered)
        audio.send(audio.stream.packet(rtp.PCMU, VOICE[3]), offered)  # in the clear: not taken
        await until(lambda: len(audio.raw) > 40)
        await leave(near, wire)
        heard = [rtp.parse(theirs.unprotect(raw)).payload for raw in audio.raw]
        recorded = near.seen(RecordingFinished)[0]
        assert near.engine.stats().media.junk == 1
    assert sum(frame in VOICE for frame in heard) >= 18
    assert not any(frame in raw for raw in audio.raw for frame in VOICE)
    _, right = wav.read(recorded.path)
    assert sum(frame in VOICE for frame in g711.frames(right)) > 10


async def test_a_far_side_without_it_is_spoken_with_where_it_is_optional(tmp_path: Path) -> None:
    async with ear() as audio, called(tmp_path, Srtp.OPTIONAL) as (near, wire, invite):
        accept(wire, invite, audio.described)
        await near.wait(Answered)
        await until(lambda: len(audio.raw) > 3)
        assert rtp.parse(audio.raw[0]).payload == g711.SILENCE
        await leave(near, wire)


async def test_a_far_side_without_it_gets_no_call_where_it_is_required(tmp_path: Path) -> None:
    async with ear() as audio, called(tmp_path, Srtp.REQUIRED) as (near, wire, invite):
        accept(wire, invite, audio.described)
        wire.writer.write(reply(await wire.request("BYE"), 200).encode())
        ended = await near.wait(Ended)
        assert near.seen(Answered) == []
    assert (ended.outcome, audio.raw) == (CallOutcome.INCOMPATIBLE, [])


async def test_keys_do_not_travel_in_the_clear() -> None:
    async with far_side(answers) as far, desk(far.port, srtp=Srtp.REQUIRED) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        invite = far.requests("INVITE")[0]
    assert b"crypto" not in invite.body


@pytest.mark.parametrize(
    ("srtp", "offer", "status"),
    [
        (Srtp.REQUIRED, {"secure": True, "crypto": Crypto(tag=4, key=KEY)}, 200),
        (Srtp.OPTIONAL, {"crypto": Crypto(tag=4, key=KEY)}, 200),
        (Srtp.OFF, {"crypto": Crypto(tag=4, key=KEY)}, 200),
        (Srtp.OFF, {"secure": True, "crypto": Crypto(tag=4, key=KEY)}, 488),
        (Srtp.REQUIRED, {}, 488),
        (Srtp.OPTIONAL, {"secure": True}, 488),
    ],
)
async def test_a_call_that_comes_in_is_answered_as_its_trunk_may(
    tmp_path: Path, srtp: Srtp, offer: dict[str, Any], status: int
) -> None:
    authority = Authority(tmp_path)
    own = authority.certificate()
    tls = Tls(ca_file=authority.file, certificate_file=own)
    async with (
        carrier(own) as (port, _),
        desk(port, transport="TLS", srtp=srtp, security=tls, tls_port=0) as near,
        line(near.engine.layer.advertised_tls or 0, trusting=authority.file) as wire,
    ):
        described = sdp.Media(host="127.0.0.1", port=9, codecs=(0,), **offer)
        wire.writer.write(invitation(described).encode())
        await until(lambda: any(near.seen(Incoming, one) for one in near.told))
        (call_id,) = near.told
        await near.engine.answer(call_id)
        answered = await final(wire)
        assert answered.status == status
        if status == 200:
            media = sdp.parse(answered.body)
            assert media.secure == offer.get("secure", False)
            assert (media.crypto is not None) == (srtp is not Srtp.OFF)
            assert media.crypto is None or media.crypto.tag == 4
            wire.writer.write(acknowledgement(answered).encode())
            await near.wait(Answered, call_id)
        await near.engine.hangup(call_id)
        await near.wait(Ended, call_id)


async def final(wire: Line) -> Response:
    while True:
        message = await wire.next()
        if isinstance(message, Response) and message.status >= 200:
            return message


def acknowledgement(answered: Response) -> Request:
    ours = invitation(sdp.Media(host="127.0.0.1", port=9, codecs=(0,)))
    changed = {
        "Via": "SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKack",
        "To": answered.get("To") or "",
        "CSeq": "1 ACK",
    }
    headers = tuple((name, changed.get(name, value)) for name, value in ours.headers)
    return replace(ours, method="ACK", headers=headers, body=b"")


def invitation(media: sdp.Media) -> Request:
    return Request(
        method="INVITE",
        uri="sip:+12125550100@dialer.example",
        headers=(
            ("Via", "SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKin"),
            ("From", "<sip:+12125550123@carrier.example>;tag=theirs"),
            ("To", "<sip:+12125550100@dialer.example>"),
            ("Call-ID", "theirs"),
            ("CSeq", "1 INVITE"),
            ("Contact", "<sip:carrier@127.0.0.1;transport=tls>"),
            ("Content-Type", "application/sdp"),
        ),
        body=media.encode(),
    )
