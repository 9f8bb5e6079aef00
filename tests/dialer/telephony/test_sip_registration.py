"""We register with a trunk that wants it: proved, kept fresh, taken back; without it, no calls."""

from __future__ import annotations

import asyncio

import pytest

from dialer.telephony.port import Answered, Ended, EngineRefused
from dialer.telephony.wire.digest import Challenge, verify
from dialer.telephony.wire.message import Request
from tests.dialer.telephony.far_side import FarSide, answers, far_side
from tests.dialer.telephony.sipp import Desk, desk

ASKED = Challenge(realm="carrier", nonce="n", algorithm="SHA-256", qop=True)


def registrar(far: FarSide, request: Request) -> None:
    if request.method != "REGISTER":
        answers(far, request)
        return
    given = request.get("Authorization") or ""
    if not verify(given, ASKED, username="desk", password="secret", method="REGISTER"):
        far.answer(request, 401, headers=(("WWW-Authenticate", ASKED.encode()),))
        return
    seconds = 0 if request.get("Expires") == "0" else 1
    headers = (("Contact", f"{request.get('Contact')};expires={seconds}"),)
    far.answer(request, 200, headers=headers)


async def ready(near: Desk) -> None:
    async with asyncio.timeout(10):
        while not (await near.engine.health()).ready:
            await near.pause()


async def test_a_registration_is_proved_kept_fresh_and_taken_back() -> None:
    async with far_side(registrar) as far:
        async with desk(far.port, username="desk", password="secret", register_s=300.0) as near:
            await ready(near)
            await far.got("REGISTER", 4)  # asked and proved, twice
            await near.call()
            await near.wait(Answered)
            await near.engine.hangup("call-1")
            await near.wait(Ended)
        sent = far.requests("REGISTER")
        assert [request.get("Expires") for request in sent[:4]] == ["300"] * 4
        assert sent[-1].get("Expires") == "0"
        assert len({request.call_id for request in sent}) == 1
        numbers = [request.cseq[0] for request in sent]
        assert numbers == sorted(set(numbers))


async def test_without_its_registration_a_trunk_takes_no_calls() -> None:
    async with (
        far_side(registrar) as far,
        desk(far.port, username="desk", password="wrong", register_s=300.0) as near,
    ):
        async with asyncio.timeout(10):
            while "refuses our registration: 401" not in (await near.engine.health()).detail:
                await near.pause()
        with pytest.raises(EngineRefused, match="registration"):
            await near.call()
        assert far.requests("INVITE") == []
