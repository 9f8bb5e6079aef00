"""baresip as a consumer and as an agent's phone: heard by each other and in the recording."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dialer.runtime.tls import Tls
from dialer.telephony.amd import tone_of
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.port import (
    AgentLegSpec,
    Answered,
    CallOutcome,
    Ended,
    EngineRefused,
    PlayFinished,
    RecordingFinished,
    Unbridged,
)
from dialer.telephony.wire import g711, wav
from scheduler.clock import SystemClock
from tests.certificates import Authority
from tests.conftest import free_port
from tests.dialer.telephony.sipp import Desk, desk, is_bound, media_base, until

pytestmark = pytest.mark.peer("baresip", "soxi")

CONFIG = """\
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
rtp_ports {media}-{last}
audio_source aufile,{said}
audio_player aubridge,ear
snd_path {folder}
ausrc_srate 8000
auplay_srate 8000
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
{more}
module_app account.so
module_app menu.so
"""


@asynccontextmanager
async def softphone(
    folder: Path, account: str, hz: int, port: int, *, seconds: float = 20.0, more: str = ""
) -> AsyncIterator[None]:
    """A baresip that answers at once, says a tone, and writes what it hears into `folder`.

    It hangs up when it has said the tone for so long.
    """
    program = shutil.which("baresip")
    assert program is not None
    folder.mkdir()
    media = media_base()
    said = folder / "said.wav"
    with wave.open(str(said), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(g711.RATE)
        out.writeframes(b"".join(g711.ulaw_to_pcm(frame) for frame in g711.tone(hz, seconds)))
    config = CONFIG.format(
        port=port, media=media, last=media + 40, said=said, folder=folder, more=more
    )
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(f"{account};answermode=auto;audio_codecs=PCMU\n")
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        program, "-f", str(folder), stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: process.returncode is not None or is_bound(port))
        assert process.returncode is None, (folder / "log").read_text()
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()


@asynccontextmanager
async def consumer(folder: Path) -> AsyncIterator[int]:
    """A consumer's phone that says 880 Hz."""
    port = free_port(socket.SOCK_DGRAM)
    async with softphone(folder, "<sip:consumer@127.0.0.1>;regint=0", 880, port):
        yield port


def tones(payload: bytes) -> list[int]:
    """The tone of each frame that is one."""
    return [
        hz for frame in g711.frames(payload) if (hz := tone_of(g711.ulaw_to_pcm(frame))) is not None
    ]


def near_to(hz: int, found: list[int]) -> int:
    return sum(abs(one - hz) <= 25 for one in found)


async def test_a_consumer_answers_hears_the_message_and_is_recorded(tmp_path: Path) -> None:
    ear = tmp_path / "consumer"
    async with consumer(ear) as port, desk(port) as near:
        await near.call(number="consumer")
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", g711.tone(440, 2.0), name="message")
        await near.wait(PlayFinished)
        await near.engine.hangup("call-1")
        ended = await near.wait(Ended)
        recorded = near.seen(RecordingFinished)[0]
        await until(lambda: any(ear.glob("*-dec.wav")))
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.ANSWERED, "us")
    in_the_ear = tones(wav.read(next(ear.glob("*-dec.wav")))[0])
    assert near_to(440, in_the_ear) > 80
    left, right = wav.read(recorded.path)
    assert near_to(440, tones(left)) > 80
    assert near_to(880, tones(right)) > 60
    told = subprocess.run(["soxi", "-c", recorded.path], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "2"


async def test_an_agents_phone_registers_and_talks_with_a_consumer(tmp_path: Path) -> None:
    ears = tmp_path / "consumer", tmp_path / "agent"
    phone = Phone(name="agent", password="sesame")
    async with consumer(ears[0]) as port, desk(port, phones=[phone]) as near:
        engine, own = near.engine, near.engine.layer.advertised[1]
        account = f"<sip:agent@127.0.0.1:{own}>;auth_user=agent;auth_pass=sesame;regint=60"
        async with softphone(ears[1], account, 620, free_port(socket.SOCK_DGRAM)):
            await connected(near)
            await near.wait(Answered, "leg-1")
            await near.call(number="consumer")
            await near.wait(Answered)
            await engine.record("call-1", str(tmp_path / "call.wav"))
            await engine.bridge("call-1", "leg-1")
            await SystemClock().sleep(2.5)
            await engine.hangup("call-1")
            await near.wait(Ended)
            await near.wait(Unbridged, "leg-1")
            assert near.seen(Ended, "leg-1") == []
            recorded = near.seen(RecordingFinished)[0]
            await engine.hangup("leg-1")
            await near.wait(Ended, "leg-1")
            await until(lambda: all(any(ear.glob("*-dec.wav")) for ear in ears))
    heard = [tones(wav.read(next(ear.glob("*-dec.wav")))[0]) for ear in ears]
    assert near_to(620, heard[0]) > 60
    assert near_to(880, heard[1]) > 60
    left, right = wav.read(recorded.path)
    assert near_to(620, tones(left)) > 60
    assert near_to(880, tones(right)) > 60


async def test_an_agents_phone_by_tls_talks_through_srtp(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.certificate()
    tls = Tls(ca_file=authority.file, certificate_file=own)
    phone = Phone(name="agent", password="sesame")
    async with desk(phones=[phone], security=tls, tls_port=0) as near:
        at = f"127.0.0.1:{near.engine.layer.advertised_tls};transport=tls"
        account = f"<sip:agent@{at}>;auth_user=agent;auth_pass=sesame;regint=60;mediaenc=srtp"
        files = f"sip_certificate {own}\nsip_cafile {authority.file}"
        ear = tmp_path / "agent"
        async with softphone(ear, account, 620, free_port(socket.SOCK_DGRAM), more=files):
            await connected(near)
            await near.wait(Answered, "leg-1")
            await near.engine.record("leg-1", str(tmp_path / "leg.wav"))
            await near.engine.play("leg-1", g711.tone(440, 1.5), name="tone")
            await near.wait(PlayFinished, "leg-1")
            await near.engine.hangup("leg-1")
            await near.wait(Ended, "leg-1")
            recorded = near.seen(RecordingFinished, "leg-1")[0]
            await until(lambda: any(ear.glob("*-dec.wav")))
        assert "SRTP is Enabled" in (ear / "log").read_text()
    assert near_to(440, tones(wav.read(next(ear.glob("*-dec.wav")))[0])) > 50
    assert near_to(620, tones(wav.read(recorded.path)[1])) > 50


async def connected(near: Desk) -> None:
    """Call the agent's phone once it has registered."""
    async with asyncio.timeout(15):
        while True:
            try:
                await near.engine.connect_agent(AgentLegSpec(leg_id="leg-1", phone="agent"))
            except EngineRefused:
                await SystemClock().sleep(0.05)
            else:
                return
