"""SMPP over TLS: a message centre that does not prove who it is never sees the password."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from compliance.facts import Channel
from dialer.runtime.tls import Tls
from dialer.telephony.drivers.sip.reactor import Reactor
from messaging.message import TextMessage
from messaging.sms.smpp.client import SmppTransport, open_smpp
from messaging.sms.smpp.link import Backoff
from scheduler.clock import SystemClock
from tests.certificates import Authority, serving
from tests.messaging.permits import permit_for
from tests.messaging.smsc import run_smsc

CLOCK = SystemClock()
TO = "+12025550143"
Until = Callable[[Callable[[], object]], Awaitable[None]]


@asynccontextmanager
async def connected(reactor: Reactor, port: int, tls: Tls) -> AsyncIterator[SmppTransport]:
    async with open_smpp(
        reactor=reactor,
        clock=CLOCK,
        rng=random.Random(1),
        host="127.0.0.1",
        port=port,
        tls=tls.client("127.0.0.1"),
        system_id="ringfence",
        password="secret",
        backoff=Backoff(first=0.01, most=0.02),
    ) as transport:
        yield transport


async def test_a_text_goes_by_tls(tmp_path: Path, reactor: Reactor, until: Until) -> None:
    authority = Authority(tmp_path)
    own = authority.certificate("ringfence.example")
    tls = Tls(ca_file=authority.file, certificate_file=own)
    message = TextMessage(message_id="m1", to=TO, sender="+12025550100", text="Hello.")
    async with (
        run_smsc(tls=serving(authority.certificate())) as smsc,
        connected(reactor, smsc.port, tls) as transport,
    ):
        await until(lambda: smsc.binds)
        await transport.send(permit_for(Channel.SMS, TO, CLOCK.now()), message)
        assert [submit.destination for submit in smsc.submits] == [TO.removeprefix("+")]


@pytest.mark.parametrize(("signer", "host"), [("stranger", "127.0.0.1"), ("ours", "a.example")])
async def test_a_centre_without_its_proof_is_not_told_the_password(
    tmp_path: Path, reactor: Reactor, until: Until, signer: str, host: str
) -> None:
    authorities = {name: Authority(tmp_path, name) for name in ("ours", "stranger")}
    async with (
        run_smsc(tls=serving(authorities[signer].certificate(host))) as smsc,
        connected(reactor, smsc.port, Tls(ca_file=authorities["ours"].file)) as transport,
    ):
        detail = "not connected yet"
        async with asyncio.timeout(10):
            while "not connected yet" in detail:
                await CLOCK.sleep(0.01)
                detail = (await transport.health()).detail
        assert "certificate verify failed" in detail or "VerificationError" in detail
        assert smsc.binds == []
