"""The cases of RFC 4475: each is answered as it may be or dropped, and the service goes on."""

from __future__ import annotations

import asyncio

import pytest

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.port import Ended
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Response, parse
from tests.dialer.telephony.caller import arrived
from tests.dialer.telephony.far_side import far_side
from tests.dialer.telephony.sipp import desk, until
from tests.dialer.telephony.torture import CASES


@pytest.mark.parametrize(
    ("data", "allowed"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
async def test_a_tortuous_message_is_answered_or_dropped(
    data: bytes, allowed: frozenset[int] | None
) -> None:
    problems: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: problems.append(told))
    async with far_side(lambda far, request: None) as far, desk(far.port) as near:
        layer = near.engine.layer
        layer.receive(data, Address("127.0.0.1", far.port))
        if allowed is None:
            assert layer.counters.junk + layer.counters.strays == 1
            assert layer.counters.sent == 0
        else:
            await until(lambda: far.received)
            answer = far.received[0]
            assert isinstance(answer, Response)
            assert answer.status in allowed
            if answer.status == 180:
                await near.engine.hangup(await arrived(near))
                await until(lambda: near.seen(Ended, next(iter(near.told))))
        assert (await near.engine.health()).ready
    assert problems == []


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_reading_one_gives_a_message_or_says_malformed(case: tuple[str, bytes, object]) -> None:
    for cut in range(0, len(case[1]), 7):
        try:
            parse(case[1][:cut])
        except Malformed:
            continue
