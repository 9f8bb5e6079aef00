"""Real telephones call in: one books a callback, the other leaves a message."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from dialer.model.agent import AgentState
from dialer.telephony.wire import wav
from tests.conftest import free_port
from tests.dialer.engine.callers import taking_calls
from tests.dialer.engine.floor import scene
from tests.dialer.engine.test_blended import known_caller, served
from tests.dialer.engine.test_inbound_calls import CALLED, MORNING, NIGHT, ended
from tests.dialer.telephony.caller import CALLER
from tests.dialer.telephony.far_side import answers
from tests.dialer.telephony.sipp import sipp_calls, until
from tests.peers.test_sip_baresip import near_to, softphone, tones


@pytest.mark.peer("sipp")
async def test_sipp_waits_for_a_busy_agent_and_books_a_callback_for_the_morning(
    tmp_path: Path,
) -> None:
    async with (
        scene(tmp_path, consumers=answers, agents={"ada": answers}, at=NIGHT) as s,
        taking_calls(s, wait_s=0.3),
    ):
        one = await known_caller(s)
        await s.at_work("ada")
        await served(s)
        port = s.engine.layer.advertised[1]
        async with sipp_calls(port, number=CALLER) as first:
            await s.reaches("ada", AgentState.ON_CALL)
            async with sipp_calls(port, number=CALLER, scenario="presses_1") as second:
                assert await second.ended() == 0, second.errors()
            assert s.state("ada") is AgentState.ON_CALL
            await s.desk.talk.hang_up("ada")
            assert await first.ended() == 0, first.errors()
        await ended(s)
        assert await s.rows("callbacks", "case_id", "at", "contact_point_id") == [
            (one.case, MORNING, one.point)
        ]
        outcomes = {outcome for _, outcome, _ in await s.rows("inbound_calls", *CALLED)}
        assert outcomes == {"talked", "callback"}


@pytest.mark.peer("baresip")
async def test_baresip_leaves_a_message_whose_tone_is_in_the_vault(tmp_path: Path) -> None:
    own, control = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    more = f"ctrl_tcp_listen 127.0.0.1:{control}\nmodule_app ctrl_tcp.so"
    account = f"<sip:{CALLER}@127.0.0.1>;regint=0"
    async with (
        scene(tmp_path, consumers=answers, agents={}) as s,
        taking_calls(s, longest_message_s=2.0, key_patience_s=5.0),
        softphone(tmp_path / "phone", account, 880, own, more=more),
    ):
        one = await known_caller(s)
        _, phone = await asyncio.open_connection("127.0.0.1", control)
        port = s.engine.layer.advertised[1]
        command(phone, "dial", f"sip:+12125550100@127.0.0.1:{port}")
        ear = tmp_path / "phone"
        await until(lambda: any(file.stat().st_size > 8_000 for file in ear.glob("*-dec.wav")))
        command(phone, "sndcode", "2")
        await ended(s)
        phone.close()
        assert await s.rows("inbound_calls", *CALLED) == [("number", "message", "open")]
        [(name, person, start)] = await s.rows("recordings", "name", "consumer_id", "notice_ms")
        assert person == one.person
        file = tmp_path / "message.wav"
        file.write_bytes(b"".join([part async for part in s.keeper.vault.read(str(name))]))
        _, theirs = wav.read(file)
        assert isinstance(start, int)
        message = theirs[start * 8 :]  # from the tone on: 8 samples of a byte a millisecond
        assert near_to(880, tones(message)) > 50


def command(phone: asyncio.StreamWriter, what: str, params: str) -> None:
    """Tell baresip, in its netstrings."""
    said = json.dumps({"command": what, "params": params})
    phone.write(f"{len(said)}:{said},".encode())
