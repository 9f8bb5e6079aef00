"""How trunks are chosen, and what each makes of the caller's number and the session's length."""

from __future__ import annotations

import pytest

from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.telephony.port import Answered, CallOutcome, Ended, EngineRefused
from dialer.telephony.wire.headers import parse_address, parse_uri
from dialer.telephony.wire.message import Request
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.sipp import desk, until

POOL = ("+12125550101", "+12125550102", "+12125550103")


def busy(far: FarSide, request: Request) -> None:
    if request.method == "INVITE":
        far.answer(request, 486)


def caller(invite: Request) -> str:
    return parse_uri(parse_address(invite.get("From") or "").uri).user or ""


def test_one_consumer_is_always_called_from_one_number_of_the_pool() -> None:
    trunk = Trunk(name="a", host="a", caller_ids=POOL)
    numbers = [f"+1212555{n:04d}" for n in range(100, 200)]
    chosen = {number: trunk.caller_for(number, "+19995550100") for number in numbers}
    assert set(chosen.values()) == set(POOL)
    fewer = Trunk(name="a", host="a", caller_ids=POOL[:2])
    moved = [n for n in numbers if fewer.caller_for(n, "") != chosen[n] in POOL[:2]]
    assert moved == []
    assert trunk.caller_for(numbers[0], POOL[2]) == POOL[2]
    assert Trunk(name="b", host="b").caller_for(numbers[0], "+19995550100") == "+19995550100"


async def test_a_hidden_caller_is_told_to_the_trunk_alone() -> None:
    async with far_side(busy) as far, desk(far.port, caller_ids=POOL, hide_caller=True) as near:
        await near.call()
        await near.wait(Ended)
    (invite,) = far.requests("INVITE")
    assert parse_address(invite.get("From") or "").uri == "sip:anonymous@anonymous.invalid"
    assert invite.get("Privacy") == "id"
    told = parse_address(invite.get("P-Asserted-Identity") or "").uri
    assert parse_uri(told).user in POOL


async def test_a_session_of_the_length_that_the_far_side_wants_is_asked_for() -> None:
    def wants_more(far: FarSide, request: Request) -> None:
        if request.get("Session-Expires") == "1800":
            far.answer(request, 422, headers=(("Min-SE", "3600"),))
        else:
            answers(far, request)

    async with far_side(wants_more) as far, desk(far.port, session_s=1800) as near:
        await near.call()
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
    first, second = far.requests("INVITE")
    assert (first.get("Session-Expires"), first.cseq[0]) == ("1800", 1)
    assert (second.get("Session-Expires"), second.get("Min-SE"), second.cseq[0]) == (
        "3600",
        "3600",
        2,
    )
    assert second.via.branch != first.via.branch


async def test_a_far_side_that_will_have_no_session_is_not_asked_for_ever() -> None:
    def never(far: FarSide, request: Request) -> None:
        if request.method == "INVITE":
            far.answer(request, 422, headers=(("Min-SE", "90"),))

    async with far_side(never) as far, desk(far.port, session_s=1800) as near:
        await near.call()
        assert (await near.wait(Ended)).sip_code == 422
        await until(lambda: len(far.requests("ACK")) == 1)
    assert len(far.requests("INVITE")) == 1


async def test_the_first_priority_is_filled_before_the_second_and_equals_share() -> None:
    async with (
        far_side(answers) as one,
        far_side(answers) as other,
        far_side(answers) as spare,
        desk(
            one.port, other.port, spare.port, max_channels=2, each={"trunk-3": {"priority": 2}}
        ) as near,
    ):
        for n in range(6):
            await near.call(f"call-{n}")
            await near.wait(Answered, f"call-{n}")
            if n == 3:
                assert [len(far.requests("INVITE")) for far in (one, other, spare)] == [2, 2, 0]
        with pytest.raises(EngineRefused, match="no free channel"):
            await near.call("one-too-many")
        for n in range(6):
            await near.engine.hangup(f"call-{n}")
            assert (await near.wait(Ended, f"call-{n}")).outcome is CallOutcome.ANSWERED
    assert len(spare.requests("INVITE")) == 2


async def test_a_call_too_fast_for_one_trunk_leaves_by_the_next() -> None:
    async with (
        far_side(busy) as one,
        far_side(busy) as other,
        desk(one.port, other.port, each={"trunk-1": {"max_calls_per_second": 1.0}}) as near,
    ):
        for n in range(2):
            await near.call(f"call-{n}")
            await near.wait(Ended, f"call-{n}")
    assert (len(one.requests("INVITE")), len(other.requests("INVITE"))) == (1, 1)
