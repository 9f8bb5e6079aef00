"""baresip as a consumer: it answers, hears the message, and is heard in the recording."""

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

from dialer.telephony.amd import tone_of
from dialer.telephony.port import Answered, CallOutcome, Ended, PlayFinished, RecordingFinished
from dialer.telephony.wire import g711, wav
from tests.conftest import free_port
from tests.dialer.telephony.sipp import desk, is_bound, media_base, until

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
module_app account.so
module_app menu.so
"""


@asynccontextmanager
async def consumer(folder: Path) -> AsyncIterator[int]:
    """A baresip that answers at once, says a tone of 880 Hz, and writes what it hears."""
    program = shutil.which("baresip")
    assert program is not None
    port, media = free_port(socket.SOCK_DGRAM), media_base()
    said = folder / "said.wav"
    with wave.open(str(said), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(g711.RATE)
        out.writeframes(b"".join(g711.ulaw_to_pcm(frame) for frame in g711.tone(880, 20.0)))
    config = CONFIG.format(port=port, media=media, last=media + 40, said=said, folder=folder)
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(
        "<sip:consumer@127.0.0.1>;regint=0;answermode=auto;audio_codecs=PCMU\n"
    )
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        program, "-f", str(folder), stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: process.returncode is not None or is_bound(port))
        assert process.returncode is None, (folder / "log").read_text()
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()


def tones(payload: bytes) -> list[int]:
    """The tone of each frame that is one."""
    return [
        hz for frame in g711.frames(payload) if (hz := tone_of(g711.ulaw_to_pcm(frame))) is not None
    ]


def near_to(hz: int, found: list[int]) -> int:
    return sum(abs(one - hz) <= 25 for one in found)


async def test_a_consumer_answers_hears_the_message_and_is_recorded(tmp_path: Path) -> None:
    async with consumer(tmp_path) as port, desk(port) as near:
        await near.call(number="consumer")
        await near.wait(Answered)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", g711.tone(440, 2.0), name="message")
        await near.wait(PlayFinished)
        await near.engine.hangup("call-1")
        ended = await near.wait(Ended)
        recorded = near.seen(RecordingFinished)[0]
        await until(lambda: any(tmp_path.glob("*-dec.wav")))
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.ANSWERED, "us")
    in_the_ear = tones(wav.read(next(tmp_path.glob("*-dec.wav")))[0])
    assert near_to(440, in_the_ear) > 80
    left, right = wav.read(recorded.path)
    assert near_to(440, tones(left)) > 80
    assert near_to(880, tones(right)) > 60
    told = subprocess.run(["soxi", "-c", recorded.path], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "2"
