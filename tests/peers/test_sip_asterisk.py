"""Asterisk as the trunk: a call held for longer than a wrong ACK would live, and refreshed.

Where Asterisk is not installed (see tests/peers/asterisk/install.sh) this is left out, in CI too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from dialer.runtime.tls import Tls
from dialer.telephony.amd import tone_of
from dialer.telephony.drivers.sip.trunk import Srtp
from dialer.telephony.port import (
    Answered,
    CallOutcome,
    Dtmf,
    Ended,
    PlayFinished,
    RecordingFinished,
)
from dialer.telephony.wire import g711, wav
from scheduler.clock import SystemClock
from tests.certificates import Authority
from tests.conftest import free_port
from tests.dialer.telephony.sipp import desk, media_base, until

ROOT = Path(os.environ.get("RINGFENCE_ASTERISK", "/var/cache/ringfence/asterisk"))
HELD_S = 50.0

pytestmark = pytest.mark.skipif(
    not (ROOT / "usr/sbin/asterisk").exists() or os.geteuid() != 0 or not shutil.which("chroot"),
    reason=f"no Asterisk in {ROOT}: tests/peers/asterisk/install.sh makes it",
)

MODULES = """
res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_crypto
res_http_websocket res_websocket_client res_pjproject res_statsd res_geolocation res_pjsip
res_pjsip_session res_pjsip_pubsub res_pjsip_outbound_publish res_pjsip_sdp_rtp
res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_endpoint_identifier_ip res_pjsip_caller_id res_pjsip_rfc3326 res_pjsip_dlg_options
res_rtp_asterisk res_srtp chan_pjsip pbx_config bridge_simple codec_ulaw codec_alaw codec_a_mu
app_dial app_echo app_playback app_senddtmf app_verbose app_stack func_callerid func_channel
func_hangupcause func_logic
"""

FILES = {
    "asterisk.conf": """\
[directories]
astetcdir => {home}/etc
astmoddir => /usr/lib/{arch}/asterisk/modules
astvarlibdir => {home}/lib
astdbdir => {home}/lib
astkeydir => {home}/lib
astdatadir => /usr/share/asterisk
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
astcachedir => {home}/lib
""",
    "pjsip.conf": """\
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{port}
[tls]
type=transport
protocol=tls
bind=127.0.0.1:{tls_port}
cert_file={home}/etc/own.pem
priv_key_file={home}/etc/own.pem
method=tlsv1_2
[desk]
type=auth
auth_type=userpass
username=desk
password=secret
[desk]
type=endpoint
transport={transport}
media_encryption={encryption}
context=callers
disallow=all
allow=ulaw
auth=desk
direct_media=no
rtp_symmetric=yes
100rel=yes
timers=always
timers_sess_expires=90
timers_min_se=90
[desk]
type=identify
endpoint=desk
match=127.0.0.1
""",
    "extensions.conf": """\
[callers]
exten => +12125550123,1,Answer()
 same => n,SendDTMF(5)
 same => n,Echo()
exten => +12125550124,1,Hangup(17)
exten => +12125550125,1,Hangup(1)
""",
    "rtp.conf": "[general]\nrtpstart={media}\nrtpend={media_end}\n",
    "logger.conf": "[logfiles]\nmessages => notice,warning,error\n",
    "cdr.conf": "[general]\nenable=no\n",
    "manager.conf": "[general]\nenabled=no\n",
}


OPTIONS = b"""\
OPTIONS sip:127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKready;rport
From: <sip:test@127.0.0.1>;tag=1
To: <sip:127.0.0.1>
Call-ID: ready
CSeq: 1 OPTIONS
Content-Length: 0

"""


def _takes_calls(port: int) -> bool:
    """Whether anything is answered: what comes before it has read all its modules is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        asks.settimeout(0.1)
        asks.sendto(OPTIONS.replace(b"\n", b"\r\n"), ("127.0.0.1", port))
        try:
            return bool(asks.recv(4096))
        except (TimeoutError, ConnectionRefusedError):
            return False


@asynccontextmanager
async def asterisk(certificate: Path | None = None) -> AsyncIterator[int]:
    """A running Asterisk; the SIP port that it listens at.

    With a certificate it takes calls by TLS and SRTP alone.
    """
    tls_port = free_port()
    port, media = free_port(socket.SOCK_DGRAM), media_base()
    home = Path(mkdtemp(prefix="ringfence-", dir=ROOT / "tmp"))
    for folder in ("etc", "lib", "spool", "run", "log"):
        (home / folder).mkdir()
    modules = next((ROOT / "usr/lib").glob("*/asterisk/modules"))
    names = {
        "home": f"/tmp/{home.name}",
        "port": port,
        "tls_port": tls_port,
        "transport": "tls" if certificate else "udp",
        "encryption": "sdes" if certificate else "no",
        "media": media,
        "media_end": media + 199,
        "arch": modules.parent.parent.name,
    }
    for name, text in FILES.items():
        (home / "etc" / name).write_text(text.format(**names))
    if certificate is not None:
        shutil.copy(certificate, home / "etc" / "own.pem")
    loads = "".join(f"load => {name}.so\n" for name in MODULES.split())
    (home / "etc" / "modules.conf").write_text(f"[modules]\nautoload=no\n{loads}")
    command = ("/usr/sbin/asterisk", "-C", f"/tmp/{home.name}/etc/asterisk.conf", "-f")
    process = await asyncio.create_subprocess_exec(
        *("chroot", str(ROOT), *command, "-U", "root", "-G", "root"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: process.returncode is not None or _takes_calls(port))
        log = home / "log" / "messages"
        assert process.returncode is None, log.read_text() if log.exists() else "no log"
        yield tls_port if certificate else port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        shutil.rmtree(home)


@pytest.mark.timeout(180)
async def test_a_call_is_held_and_refreshed_and_its_echo_recorded(tmp_path: Path) -> None:
    async with asterisk() as port, desk(port, username="desk", password="secret") as near:
        await near.call()
        await near.wait(Answered)
        await near.wait(Dtmf)
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        before = near.engine.stats().sip.received
        await SystemClock().sleep(HELD_S)
        assert near.seen(Ended) == []
        assert near.engine.stats().sip.received > before  # the session of 90 s was refreshed
        await near.engine.play("call-1", g711.tone(800, 1.0), name="tone")
        await near.wait(PlayFinished)
        await SystemClock().sleep(0.5)
        await near.engine.hangup("call-1")
        ended = await near.wait(Ended)
        recorded = near.seen(RecordingFinished)[0]
        await until(lambda: not near.engine.layer.asking())
    assert (ended.outcome, ended.hung_up_by) == (CallOutcome.ANSWERED, "us")
    assert ended.talk_ms > 1000 * HELD_S
    _, echo = wav.read(recorded.path)
    heard = [tone_of(g711.ulaw_to_pcm(frame)) for frame in g711.frames(echo)]
    assert heard.count(800) > 35


async def test_a_call_by_tls_is_heard_through_srtp(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    account = {"username": "desk", "password": "secret"}
    tls = Tls(ca_file=authority.file)
    async with (
        asterisk(authority.certificate()) as port,
        desk(port, transport="TLS", srtp=Srtp.REQUIRED, security=tls, **account) as near,
    ):
        await near.call()
        await near.wait(Answered)
        assert (await near.wait(Dtmf)).digit == "5"
        await near.engine.record("call-1", str(tmp_path / "call.wav"))
        await near.engine.play("call-1", g711.tone(800, 1.0), name="tone")
        await near.wait(PlayFinished)
        await SystemClock().sleep(0.5)
        await near.engine.hangup("call-1")
        await near.wait(Ended)
        recorded = near.seen(RecordingFinished)[0]
        await until(lambda: not near.engine.layer.asking())
    _, echo = wav.read(recorded.path)
    assert [tone_of(g711.ulaw_to_pcm(frame)) for frame in g711.frames(echo)].count(800) > 25


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("+12125550124", CallOutcome.BUSY), ("+12125550125", CallOutcome.BAD_NUMBER)],
)
async def test_its_refusals_are_read(number: str, outcome: CallOutcome) -> None:
    async with asterisk() as port, desk(port, username="desk", password="secret") as near:
        await near.call(number=number)
        assert (await near.wait(Ended)).outcome is outcome
