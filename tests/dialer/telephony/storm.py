"""A storm of damaged and hostile messages over a running engine with a live call.

`python -m tests.dialer.telephony.storm 100000` runs the whole and prints what came of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
from dataclasses import asdict, dataclass

from dialer.telephony.drivers.sip.engine import SipEngine
from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.port import Answered, Ended
from dialer.telephony.wire import sdp
from dialer.telephony.wire.message import Request
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.sipp import desk
from tests.dialer.telephony.torture import CASES

PIECES = [
    b"\r\n", b"\r\n\r\n", b"\x00", b";", b",", b"<", b">", b'"', b":", b"=", b" ", b"\xff\xfe",
    b"SIP/2.0 ", b"sip:", b"tag=", b"branch=z9hG4bK", b"Content-Length: 99999\r\n", b"v: x\r\n",
    b"CSeq: 4294967296 BYE\r\n", b"INVITE ", b"ACK ", b"CANCEL ", b"Contact: <sip:@>\r\n", b"%s%n",
    b"Session-Expires: 90;refresher=uas\r\n", b"RSeq: 1\r\nRequire: 100rel\r\n",
    "号码".encode(),
]  # fmt: skip
STRANGER = Address("192.0.2.66", 5060)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What a storm left behind. `grown_kib` is the growth of the process's greatest memory."""

    messages: int
    packets: int
    junk: int
    strays: int
    floods: int
    faults: int
    problems: int
    transactions: int
    legs: int
    call_lived: bool
    grown_kib: int


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


def seeds(far: FarSide, invite: Request) -> list[bytes]:
    """Sound messages of the call, of strangers and of a carrier, and those of the torture test."""
    elsewhere = ("Via", "SIP/2.0/UDP 192.0.2.200;branch=z9hG4bKother")
    tail = invite.encode().split(b"\r\n", 1)[1]
    return [
        invite.encode(),
        invite.with_headers(elsewhere).encode(),
        far.ask(invite, "UPDATE", 2, body=invite.body).encode(),
        far.ask(invite, "INFO", 3, body=b"Signal=5\r\n").encode(),
        far.ask(invite, "OPTIONS", 4).encode(),
        far.ask(invite, "NOTIFY", 5, body=b"SIP/2.0 200 OK\r\n").encode(),
        b"SIP/2.0 200 OK\r\n" + tail,
        b"SIP/2.0 183 Progress\r\n" + tail,
        *(data for _, data, _ in CASES),
    ]


async def storm(count: int, *, seed: int = 4475) -> Storm:
    """Throw `count` damaged messages, and as many RTP packets of noise, at a live call."""
    chance, clock = random.Random(seed), SystemClock()
    problems: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: problems.append(told))
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        invite = far.requests("INVITE")[0]
        sound = seeds(far, invite)
        half = 0
        for n in range(count):
            source = STRANGER if n % 3 else Address("127.0.0.1", far.port)
            near.engine.layer.receive(damaged(chance.choice(sound), chance), source)
            noise(near.engine, invite, chance)
            if n % 500 == 0:
                far.received.clear()
                await leave(near.engine)
                await clock.sleep(0)
            if n == count // 2:
                half = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        stats = near.engine.stats()
        lived = not near.seen(Ended)
        await leave(near.engine)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        await near.engine.drain(2.0)
        return Storm(
            messages=count,
            packets=count,
            junk=stats.sip.junk,
            strays=stats.sip.strays,
            floods=stats.sip.floods,
            faults=stats.sip.faults,
            problems=len(problems),
            transactions=stats.transactions,
            legs=near.engine.stats().live_legs,
            call_lived=lived,
            grown_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - half,
        )


def noise(engine: SipEngine, invite: Request, chance: random.Random) -> None:
    """A packet of noise to the call's own port, as the reactor would hand it on."""
    port = sdp.parse(invite.body).port
    for leg in engine.legs():
        if leg.media.port == port:
            leg.media.datagramReceived(chance.randbytes(chance.randrange(0, 200)), ("127.0.0.1", 9))


async def leave(engine: SipEngine) -> None:
    """Hang up the calls that damaged INVITEs have begun."""
    for leg in engine.legs():
        if leg.id != "call-1":
            await engine.hangup(leg.id)


if __name__ == "__main__":
    found = asyncio.run(storm(int(sys.argv[1])))
    sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
