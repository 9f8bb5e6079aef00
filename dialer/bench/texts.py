"""Texts through the SMPP transport to the town's SMSC, beside bare submits on the same wire."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from compliance.facts import Channel
from dialer.bench.callers import Work, drive
from dialer.bench.permits import permit_for
from dialer.bench.result import BenchFailed, Result
from dialer.telephony.drivers.sip.reactor import loop_reactor
from dialer.town.options import TownOptions
from dialer.town.process import start_town
from messaging.message import TextMessage
from messaging.sms.smpp.client import open_smpp
from messaging.sms.smpp.codec import Framer, decode, encode
from messaging.sms.smpp.pdu import Bind, Body, Pdu, Status
from messaging.sms.smpp.route import Route
from scheduler.clock import SystemClock

NUMBER = "+12125550123"
_ACCOUNT = TownOptions(size=1)
_WINDOW = 10


def _text(number: int) -> TextMessage:
    return TextMessage(
        message_id=f"message-{number}",
        to=NUMBER,
        sender="+12125550100",
        text="Example Collections: please call +1 212 555 0100. Reply STOP to opt out.",
    )


async def run(*, messages: int = 4000, at_once: int = _WINDOW) -> Result:
    """Send, each with its permit and receipts on their way back."""
    async with start_town(_ACCOUNT) as town:
        async with _transport(town.ports.smpp) as send:
            sent = await drive(send, messages, at_once)
        async with _bare(town.ports.smpp) as submit:
            bare = await drive(submit, messages, at_once)
        arrived = (await town.counts()).smpp_submits
    if arrived != 2 * messages:
        raise BenchFailed(f"{arrived} of {2 * messages} texts arrived")
    ratio = sent["per_s"] / bare["per_s"]
    return Result(
        name="sms",
        about=f"texts to the town's SMSC in its own process, {at_once} under way at once",
        rows=[
            {"what": "SMPP transport", "messages": messages, **sent, "ratio": ratio},
            {"what": "submit_sm (bare)", "messages": messages, **bare},
        ],
    )


@asynccontextmanager
async def _transport(port: int) -> AsyncIterator[Work]:
    clock = SystemClock()
    with loop_reactor() as running:
        reactor: Any = running
        async with open_smpp(
            reactor=reactor,
            clock=clock,
            rng=random.Random(1),
            host="127.0.0.1",
            port=port,
            system_id=_ACCOUNT.smpp_user,
            password=_ACCOUNT.smpp_password,
        ) as transport:
            while not (await transport.health()).ready:
                await clock.sleep(0.01)
            reading = asyncio.create_task(_read(transport.events()))

            async def send(number: int) -> None:
                message = _text(number)
                permit = permit_for(Channel.SMS, NUMBER, message.message_id, clock.now())
                await transport.send(permit, message)

            yield send
            reading.cancel()


async def _read(events: AsyncIterator[Any]) -> None:
    async for _ in events:
        pass


@asynccontextmanager
async def _bare(port: int) -> AsyncIterator[Work]:
    """The same submits, written and answered with nothing around them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waiting: dict[int, asyncio.Future[None]] = {}
    loop, route = asyncio.get_running_loop(), Route()

    async def ask(sequence: int, body: Body) -> None:
        waiting[sequence] = loop.create_future()
        writer.write(encode(Pdu(sequence=sequence, body=body, status=0)))
        await waiting[sequence]

    async def read() -> None:
        framer = Framer()
        while data := await reader.read(65_536):
            framer.push(data)
            for frame in framer:
                pdu = decode(frame)
                answered = waiting.pop(pdu.sequence, None)
                if answered is None:
                    continue
                if pdu.status != Status.ROK:
                    answered.set_exception(BenchFailed(f"the SMSC said {pdu.status}"))
                else:
                    answered.set_result(None)

    async def submit(number: int) -> None:
        (body,) = route.submits(_text(number), reference=0)
        await ask(number + 2, body)

    reading = asyncio.create_task(read())
    await ask(1, Bind(system_id=_ACCOUNT.smpp_user, password=_ACCOUNT.smpp_password))
    try:
        yield submit
    finally:
        reading.cancel()
        writer.close()
