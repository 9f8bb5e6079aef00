"""What every message transport keeps to, on each driver and a far side of its own kind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.telephony.drivers.sip.reactor import loop_reactor
from messaging.email.identity import MailIdentity
from messaging.email.smtp import Security, open_smtp
from messaging.message import (
    EmailMessage,
    InboundMessage,
    MessageEvent,
    MessageStatus,
    StatusReport,
    TextMessage,
)
from messaging.sms.http_gateway import open_http_gateway
from messaging.sms.smpp.client import open_smpp
from messaging.sms.smpp.link import Backoff
from messaging.transport import MessageTransport, TransportError
from scheduler.clock import SystemClock
from tests.messaging.howto import acme
from tests.messaging.mails import BOUNCE
from tests.messaging.permits import permit_for
from tests.messaging.provider import KEY, run_provider, webhook
from tests.messaging.relay import hang_up, run_relay
from tests.messaging.smsc import Session, Submit, message, receipt_text, run_smsc

CLOCK = SystemClock()


@dataclass(kw_only=True)
class Wired:
    """A transport with its far side: what arrived there, and how to make it do things."""

    transport: MessageTransport[Any]
    channel: Channel
    address: str
    other_address: str
    write: Callable[[str], TextMessage | EmailMessage]
    arrived: Callable[[], int]
    refuse_address: Callable[[], None]
    refuse_for_now: Callable[[], None]
    lose_answer: Callable[[], None]
    # Each lets the far side report on the last message, or a consumer answer; the returned
    # awaitable ends when the far side knows that it was handled.
    report: Callable[[], Awaitable[None]]
    reported: MessageStatus
    reply: Callable[[str], Awaitable[None]]

    def permit(self) -> Permit:
        return permit_for(self.channel, self.address, CLOCK.now())

    async def send(self, message_id: str = "m1") -> str:
        return (await self.transport.send(self.permit(), self.write(message_id))).provider_id


def text(message_id: str) -> TextMessage:
    return TextMessage(
        message_id=message_id, to="+12025550143", sender="+12025550100", text="Hi. Reply STOP."
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await CLOCK.sleep(0.005)


@asynccontextmanager
async def smpp() -> AsyncIterator[Wired]:
    async def lose(session: Session, submit: Submit) -> None:
        session.drop()

    with loop_reactor() as reactor:
        async with (
            run_smsc() as smsc,
            open_smpp(
                reactor=reactor,
                clock=CLOCK,
                rng=random.Random(1),
                host="127.0.0.1",
                port=smsc.port,
                system_id="ringfence",
                password="secret",
                backoff=Backoff(first=0.01, most=0.02),
            ) as transport,
        ):

            async def deliver(body: bytes) -> None:
                sequence = smsc.session.deliver(body)
                await until(lambda: (sequence, 0) in smsc.delivered)

            def last_receipt() -> Awaitable[None]:
                words = receipt_text(f"id-{len(smsc.submits)}")
                return deliver(message("2", "1", words, esm=4))

            yield Wired(
                transport=transport,
                channel=Channel.SMS,
                address="+12025550143",
                other_address="+12025550199",
                write=text,
                arrived=lambda: len(smsc.submits),
                refuse_address=lambda: smsc.script.append(0x0B),
                refuse_for_now=lambda: smsc.script.append(0x08),
                lose_answer=lambda: smsc.script.append(lose),
                report=last_receipt,
                reported=MessageStatus.DELIVERED,
                reply=lambda words: deliver(
                    message("12025550143", "12025550100", words.encode("utf-16-be"), coding=8)
                ),
            )


@asynccontextmanager
async def http() -> AsyncIterator[Wired]:
    async with (
        run_provider() as provider,
        open_http_gateway(clock=CLOCK, provider=acme()(provider.url, "token", KEY)) as transport,
    ):
        yield Wired(
            transport=transport,
            channel=Channel.SMS,
            address="+12025550143",
            other_address="+12025550199",
            write=text,
            arrived=lambda: len(provider.posted),
            refuse_address=lambda: provider.script.append(
                (400, {"error": {"code": "INVALID_NUMBER"}})
            ),
            refuse_for_now=lambda: provider.script.append((429, {})),
            lose_answer=lambda: provider.script.append(None),
            report=lambda: transport.receive(
                webhook({"message_id": f"id-{len(provider.posted)}", "event": "delivered"})
            ),
            reported=MessageStatus.DELIVERED,
            reply=lambda words: transport.receive(
                webhook({"from": "+12025550143", "to": "+12025550100", "text": words})
            ),
        )


@asynccontextmanager
async def smtp() -> AsyncIterator[Wired]:
    identity = MailIdentity(bounce_address="bounces@collector.test", keys=(b"k" * 32,))
    async with (
        run_relay() as relay,
        open_smtp(
            clock=CLOCK,
            host="127.0.0.1",
            port=relay.port,
            local_hostname="collector.test",
            identity=identity,
            list_id="outreach.collector.test",
            security=Security.NONE,
        ) as transport,
    ):

        def bounce() -> Awaitable[None]:
            raw = BOUNCE.format(
                verp=relay.received[-1].mail_from,
                message_id="",
                action="failed",
                status="5.1.1",
                returned="message/rfc822",
            )
            return transport.feed(raw.encode())

        yield Wired(
            transport=transport,
            channel=Channel.EMAIL,
            address="ada@example.test",
            other_address="eve@example.test",
            write=lambda message_id: EmailMessage(
                message_id=message_id,
                to="ada@example.test",
                sender="outreach@collector.test",
                subject="Hello",
                text="Hello",
                html="<p>Hello</p>",
                unsubscribe_url="https://collector.test/u/1",
                language="en",
            ),
            arrived=lambda: len(relay.received),
            refuse_address=lambda: relay.rcpt.append("550 5.1.1 No such user"),
            refuse_for_now=lambda: relay.rcpt.append("450 4.2.0 Greylisted"),
            lose_answer=lambda: relay.data.append(hang_up),
            report=bounce,
            reported=MessageStatus.BOUNCED,
            reply=lambda words: transport.feed(
                "From: ada@example.test\r\nTo: outreach@collector.test\r\nSubject: Re: Hello\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}".encode()
            ),
        )


@pytest.fixture(params=[smpp, http, smtp], ids=["smpp", "http", "smtp"])
async def wired(request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    async with request.param() as wired:
        async with asyncio.timeout(10):
            while not (await wired.transport.health()).ready:
                await CLOCK.sleep(0.005)
        yield wired


async def next_event(wired: Wired, told: Awaitable[None]) -> MessageEvent:
    """The next event, handled: the far side knows."""
    telling = asyncio.ensure_future(told)
    events = wired.transport.events()
    async with asyncio.timeout(10):
        event = await anext(events)
        more = asyncio.ensure_future(anext(events))
        await telling
        more.cancel()
        await asyncio.wait({more})
    return event


async def test_what_is_sent_arrives_once_and_has_a_name(wired: Wired) -> None:
    names = [await wired.send(f"m{n}") for n in range(3)]
    assert wired.arrived() == 3
    assert all(names)
    assert len(set(names)) == 3


async def test_many_at_once_all_arrive(wired: Wired) -> None:
    names = await asyncio.gather(*(wired.send(f"m{n}") for n in range(30)))
    assert wired.arrived() == 30
    assert len(set(names)) == 30


async def test_a_permit_opens_its_own_door_only(wired: Wired) -> None:
    now = CLOCK.now()
    other_channel = Channel.EMAIL if wired.channel is Channel.SMS else Channel.SMS
    for wrong in (
        permit_for(wired.channel, wired.other_address, now),
        permit_for(other_channel, wired.address, now),
        permit_for(wired.channel, wired.address, now - timedelta(hours=1)),
        permit_for(wired.channel, wired.address, now + timedelta(hours=1)),
    ):
        with pytest.raises(NotCovered):
            await wired.transport.send(wrong, wired.write("m1"))
    assert wired.arrived() == 0


async def test_a_refused_address_is_known_as_such(wired: Wired) -> None:
    wired.refuse_address()
    with pytest.raises(TransportError) as caught:
        await wired.send()
    assert caught.value.address_refused
    assert not caught.value.retryable
    assert not caught.value.outcome_unknown
    assert caught.value.code


async def test_what_is_refused_for_now_may_be_sent_later(wired: Wired) -> None:
    wired.refuse_for_now()
    with pytest.raises(TransportError) as caught:
        await wired.send()
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert not caught.value.address_refused
    assert await wired.send()


async def test_a_lost_answer_is_an_unknown_outcome_and_the_transport_recovers(
    wired: Wired,
) -> None:
    wired.lose_answer()
    with pytest.raises(TransportError) as caught:
        await wired.send()
    assert caught.value.outcome_unknown
    assert not caught.value.retryable
    async with asyncio.timeout(10):
        while not (await wired.transport.health()).ready:
            if await recovers(wired):
                break
            await CLOCK.sleep(0.01)
    assert await wired.send("m3")


async def recovers(wired: Wired) -> bool:
    try:
        return bool(await wired.send("m2"))
    except TransportError:
        return False


async def test_a_report_comes_back_to_its_message(wired: Wired) -> None:
    await wired.send("m1")
    name = await wired.send("m2")
    report = await next_event(wired, wired.report())
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("m2", wired.reported)
    assert report.provider_id in (name, None)
    assert report.at <= CLOCK.now()


@pytest.mark.parametrize("words", ["STOP", "请不要再联系我"])
async def test_a_consumers_words_come_back_whole(wired: Wired, words: str) -> None:
    reply = await next_event(wired, wired.reply(words))
    assert isinstance(reply, InboundMessage)
    assert (reply.channel, reply.sender, reply.text) == (wired.channel, wired.address, words)


async def test_the_far_side_hears_only_of_what_was_handled(wired: Wired) -> None:
    telling = asyncio.ensure_future(wired.reply("STOP"))
    events = wired.transport.events()
    async with asyncio.timeout(10):
        await anext(events)
        await CLOCK.sleep(0.05)
        assert not telling.done()
        more = asyncio.ensure_future(anext(events))
        await telling
    more.cancel()
    await asyncio.wait({more})


async def test_health_says_how_it_stands(wired: Wired) -> None:
    health = await wired.transport.health()
    assert health.ready
    assert health.detail
