"""SIP over TCP: messages in pieces, one connection for a phone, nobody there, junk."""

from __future__ import annotations

import asyncio

import pytest

from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.port import AgentLegSpec, Answered, CallOutcome, Ended
from dialer.telephony.wire.digest import authorize, best_challenge
from dialer.telephony.wire.message import Request, Response, reply
from tests.conftest import free_port
from tests.dialer.telephony.far_side import answers, far_side
from tests.dialer.telephony.line import line
from tests.dialer.telephony.sipp import desk


def register(*more: tuple[str, str], number: int = 1) -> Request:
    return Request(
        method="REGISTER",
        uri="sip:dialer.example",
        headers=(
            ("Via", f"SIP/2.0/TCP 10.0.0.7;branch=z9hG4bKreg{number}"),
            ("From", "<sip:agent@dialer.example>;tag=1"),
            ("To", "<sip:agent@dialer.example>"),
            ("Call-ID", "registers"),
            ("CSeq", f"{number} REGISTER"),
            *more,
        ),
    )


async def test_a_phone_is_called_on_the_connection_that_it_registered_by() -> None:
    phone = Phone(name="agent", password="sesame")
    async with (
        far_side(answers) as far,
        desk(phones=[phone]) as near,
        line(near.engine.layer.advertised[1]) as wire,
    ):
        wire.writer.write(b"\r\n\r\n" + register().encode())
        asked = await wire.next()
        assert isinstance(asked, Response)
        challenge = best_challenge(asked.all("WWW-Authenticate"))
        assert challenge is not None
        proof = authorize(
            challenge,
            username="agent",
            password="sesame",
            method="REGISTER",
            uri="sip:dialer.example",
            cnonce="c",
        )
        contact = ("Contact", "<sip:agent@10.0.0.7;transport=tcp>")
        for piece in register(("Authorization", proof), contact, number=2).encode().split(b"\r\n"):
            wire.writer.write(piece + b"\r\n")
            await wire.writer.drain()
        registered = await wire.next()
        assert isinstance(registered, Response)
        assert registered.status == 200
        await near.engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
        invite = await wire.request("INVITE")
        assert invite.uri == "sip:agent@10.0.0.7;transport=tcp"
        assert far.media is not None
        ok = reply(
            invite,
            200,
            to_tag="phone",
            headers=(contact, ("Content-Type", "application/sdp")),
            body=far.media.described.encode(),
        )
        wire.writer.write(ok.encode())
        await wire.request("ACK")
        await near.wait(Answered, "leg-1")
        await near.engine.hangup("leg-1")
        wire.writer.write(reply(await wire.request("BYE"), 200).encode())
        await near.wait(Ended, "leg-1")


async def test_a_trunk_that_takes_no_connection_is_known_at_once() -> None:
    async with desk(free_port(), transport="TCP") as near:
        await near.call()
        ended = await near.wait(Ended)
        assert not (await near.engine.health()).ready
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.NO_ROUTE, "network")


@pytest.mark.parametrize(
    "junk",
    [
        b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n",  # no length
        b"OPTIONS sip:x SIP/2.0\r\nl: 0\r\nContent-Length: 90\r\n\r\n",  # two
        b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 999999\r\n\r\n",
        b"x" * 70_000,
    ],
)
async def test_what_can_not_be_cut_into_messages_ends_the_connection(junk: bytes) -> None:
    async with desk() as near, line(near.engine.layer.advertised[1]) as wire:
        wire.writer.write(junk)
        async with asyncio.timeout(5):
            assert await wire.reader.read() == b""
        assert near.engine.stats().sip.junk == 1
