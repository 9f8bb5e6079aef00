"""Thousands of damaged and hostile datagrams: nothing raises, calls go on, nothing is left."""

from __future__ import annotations

import asyncio
import random
import socket

from dialer.telephony.port import Answered, Ended
from dialer.telephony.wire import sdp
from dialer.telephony.wire.message import Request
from tests.dialer.telephony.far_side import answers, far_side
from tests.dialer.telephony.sipp import desk, until

PIECES = [
    b"\r\n", b"\r\n\r\n", b"\x00", b";", b",", b"<", b">", b'"', b":", b"=", b" ", b"\xff\xfe",
    b"SIP/2.0 ", b"sip:", b"tag=", b"branch=z9hG4bK", b"Content-Length: 99999\r\n", b"v: x\r\n",
    b"CSeq: 4294967296 BYE\r\n", b"INVITE ", b"ACK ", b"CANCEL ", b"Contact: <sip:@>\r\n", b"%s%n",
    "号码".encode(),
]  # fmt: skip


def damaged(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        action = chance.randrange(4)
        if action == 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif action == 1:
            del data[at : at + chance.randint(1, 60)]
        elif action == 2:
            data[at:at] = chance.choice(PIECES)
        else:
            data[at:at] = data[: chance.randint(0, 80)]
    return bytes(data[:60_000])


async def test_ten_thousand_damaged_datagrams_harm_no_call() -> None:
    chance = random.Random(4475)
    problems: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: problems.append(told))
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        here = sdp.parse(invite.body)
        stranger = invite.with_headers(("Via", "SIP/2.0/UDP 192.0.2.200;branch=z9hG4bKother"))
        seeds = [
            invite.encode(),
            stranger.encode(),
            far.ask(invite, "UPDATE", 2, body=invite.body).encode(),
            far.ask(invite, "INFO", 3, body=b"Signal=5\r\n").encode(),
            far.ask(invite, "OPTIONS", 4).encode(),
            b"SIP/2.0 200 OK\r\n" + invite.encode().split(b"\r\n", 1)[1],
            b"SIP/2.0 180 Ringing\r\n" + invite.encode().split(b"\r\n", 1)[1],
        ]
        layer = near.engine.layer
        for _ in range(5000):
            layer.datagramReceived(damaged(chance.choice(seeds), chance), ("192.0.2.66", 5060))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for n in range(5000):
                rtp = chance.randbytes(chance.randrange(0, 200))
                sender.sendto(rtp, (here.host, here.port))
                if n % 200 == 0:
                    await until(lambda: True)
        counters = near.engine.stats().sip
        assert counters.junk > 1000
        assert counters.faults == 0
        far.ask(invite, "BYE", 99)
        await near.wait(Ended)
    assert problems == []
    assert isinstance(invite, Request)
