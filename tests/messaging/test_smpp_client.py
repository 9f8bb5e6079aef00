"""The SMPP transport over real sockets, against a message centre that spells SMPP by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.telephony.drivers.sip.reactor import Reactor
from messaging.message import (
    InboundMessage,
    MessageEvent,
    MessageStatus,
    StatusReport,
    TextMessage,
)
from messaging.sms import text
from messaging.sms.smpp.client import SmppTransport, open_smpp
from messaging.sms.smpp.link import Backoff
from messaging.sms.smpp.pdu import BindMode, Status
from messaging.sms.smpp.protocol import SessionOptions
from messaging.sms.smpp.receipt import IdBase, IdMatching
from messaging.sms.smpp.route import LongText, Route
from messaging.transport import Accepted, TransportError
from scheduler.clock import SystemClock
from tests.messaging.permits import permit_for
from tests.messaging.smsc import Session, Smsc, Submit, message, receipt_text, run_smsc

CLOCK = SystemClock()
TO = "+12025550143"
Until = Callable[[Callable[[], object]], Awaitable[None]]
OpenSmpp = Callable[..., AbstractAsyncContextManager[SmppTransport]]


def hello(message_id: str = "m1", words: str = "Hello. Reply STOP to opt out.") -> TextMessage:
    return TextMessage(message_id=message_id, to=TO, sender="+12025550100", text=words)


def permit() -> Permit:
    return permit_for(Channel.SMS, TO, CLOCK.now())


@pytest.fixture
def connect(reactor: Reactor, smsc: Smsc) -> OpenSmpp:
    @asynccontextmanager
    async def connected(**more: object) -> AsyncIterator[SmppTransport]:
        options = {
            "binds": (BindMode.TRANSCEIVER,),
            "options": SessionOptions(response_timeout=5.0),
            "backoff": Backoff(first=0.01, most=0.02),
        }
        async with open_smpp(
            reactor=reactor,
            clock=CLOCK,
            rng=random.Random(1),
            host="127.0.0.1",
            port=smsc.port,
            system_id="ringfence",
            password="secret",
            **options | more,
        ) as transport:
            yield transport

    return connected


@pytest.fixture
async def transport(connect: OpenSmpp) -> AsyncIterator[SmppTransport]:
    async with connect() as transport:
        await ready(transport)
        yield transport


async def ready(transport: SmppTransport) -> None:
    async with asyncio.timeout(10):
        while not (await transport.health()).ready:
            await CLOCK.sleep(0.005)


async def take(transport: SmppTransport, count: int = 1) -> list[MessageEvent]:
    events = []
    async with asyncio.timeout(10):
        async for event in transport.events():
            events.append(event)
            if len(events) == count:
                break
    return events


async def test_a_text_arrives_as_it_was_written(transport: SmppTransport, smsc: Smsc) -> None:
    accepted = await transport.send(permit(), hello(words="Price: 5€ [ok] @ Zürich"))
    assert accepted == Accepted(message_id="m1", provider_id="id-1")
    (submit,) = smsc.submits
    assert (submit.source, submit.destination, submit.registered) == (
        "12025550100",
        "12025550143",
        1,
    )
    assert submit.octets == b"Price: 5\x1be \x1b<ok\x1b> \x00 Z\x7erich"
    assert smsc.binds == [("ringfence", "secret")]


async def test_chinese_goes_as_ucs2(transport: SmppTransport, smsc: Smsc) -> None:
    await transport.send(permit(), hello(words="您好,回复退订可拒收。"))
    (submit,) = smsc.submits
    assert submit.coding == 8
    assert submit.octets.decode("utf-16-be") == "您好,回复退订可拒收。"


async def test_a_long_text_goes_in_parts_and_counts_once(
    transport: SmppTransport, smsc: Smsc
) -> None:
    words = "".join(f"{n:04d} " for n in range(80))  # 400 characters
    accepted = await transport.send(permit(), hello(words=words))
    assert accepted.provider_id == "id-1 id-2 id-3"
    headers = [s.octets[:6] for s in smsc.submits]
    assert [(h[0], h[1], h[2], h[4], h[5]) for h in headers] == [(5, 0, 3, 3, n) for n in (1, 2, 3)]
    assert len({h[3] for h in headers}) == 1
    assert "".join(s.octets[6:].decode("ascii") for s in smsc.submits) == words
    assert all(s.esm == 0x40 for s in smsc.submits)

    for n in (2, 1, 3):
        smsc.session.deliver(message("2", "1", receipt_text(f"id-{n}"), esm=4))
    smsc.session.deliver(message("12025550143", "1", b"thanks"))
    report, reply = await take(transport, 2)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("m1", MessageStatus.DELIVERED)
    assert isinstance(reply, InboundMessage)


async def test_one_lost_part_makes_the_message_undeliverable_once(
    transport: SmppTransport, smsc: Smsc
) -> None:
    await transport.send(permit(), hello(words="x" * 400))
    for n, stat in ((1, "DELIVRD"), (2, "UNDELIV"), (3, "UNDELIV")):
        smsc.session.deliver(message("2", "1", receipt_text(f"id-{n}", stat, "027"), esm=4))
    smsc.session.deliver(message("12025550143", "1", b"thanks"))
    report, _ = await take(transport, 2)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status, report.code) == (
        "m1",
        MessageStatus.UNDELIVERABLE,
        "027",
    )


async def test_a_long_text_may_go_whole(connect: OpenSmpp, smsc: Smsc) -> None:
    async with connect(route=Route(long_text=LongText.PAYLOAD)) as transport:
        await ready(transport)
        await transport.send(permit(), hello(words="x" * 400))
    (submit,) = smsc.submits
    assert submit.tlvs[0x0424] == b"x" * 400
    assert submit.octets == b""


async def test_a_text_of_too_many_parts_is_refused(transport: SmppTransport, smsc: Smsc) -> None:
    with pytest.raises(TransportError, match="7 SMS, allowed are 6"):
        await transport.send(permit(), hello(words="x" * 153 * 7))
    assert smsc.submits == []


async def test_a_receipt_before_the_answer_is_not_lost(
    transport: SmppTransport, smsc: Smsc
) -> None:
    async def receipt_first(session: Session, submit: Submit) -> None:
        session.deliver(message("2", "1", receipt_text("early"), esm=4))
        await CLOCK.sleep(0.05)
        session.answer(submit, message_id="early")

    smsc.script.append(receipt_first)
    await transport.send(permit(), hello())
    (report,) = await take(transport)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("m1", MessageStatus.DELIVERED)


async def test_a_receipt_that_comes_twice_is_told_once(
    transport: SmppTransport, smsc: Smsc, until: Until
) -> None:
    await transport.send(permit(), hello())
    for _ in range(3):
        smsc.session.deliver(message("2", "1", receipt_text("id-1"), esm=4))
    smsc.session.deliver(message("12025550143", "1", b"thanks"))
    events = await take(transport, 2)
    assert [type(e) for e in events] == [StatusReport, InboundMessage]
    await until(lambda: len(smsc.delivered) >= 3)  # repetitions are acknowledged all the same


async def test_parameters_of_a_receipt_win_over_its_text(
    transport: SmppTransport, smsc: Smsc
) -> None:
    await transport.send(permit(), hello())
    tlvs = b"\x00\x1e\x00\x05id-1\0" + b"\x04\x27\x00\x01\x05" + b"\x04\x23\x00\x03\x03\x00\x1b"
    smsc.session.deliver(message("2", "1", receipt_text("other"), esm=4, tlvs=tlvs))
    (report,) = await take(transport)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status, report.code) == (
        "m1",
        MessageStatus.UNDELIVERABLE,
        "27",
    )


@pytest.mark.parametrize(
    ("ids", "answered", "receipted"),
    [
        (IdMatching(response=IdBase.HEX, receipt=IdBase.DECIMAL), "1A2B", "0000006699"),
        (IdMatching(response=IdBase.DECIMAL, receipt=IdBase.HEX), "6699", "00001a2b"),
        (IdMatching(fold=True), "0000AB-cd", "ab-CD"),
    ],
)
async def test_ids_in_another_base_or_case_are_matched(
    connect: OpenSmpp, smsc: Smsc, ids: IdMatching, answered: str, receipted: str
) -> None:
    smsc.ids = lambda _: answered
    async with connect(route=Route(ids=ids)) as transport:
        await ready(transport)
        accepted = await transport.send(permit(), hello())
        smsc.session.deliver(message("2", "1", receipt_text(receipted), esm=4))
        (report,) = await take(transport)
    assert isinstance(report, StatusReport)
    assert report.message_id == "m1"
    assert report.provider_id == accepted.provider_id


async def test_messages_sent_before_a_restart_are_known(connect: OpenSmpp, smsc: Smsc) -> None:
    earlier = Accepted(message_id="before", provider_id="a b")
    async with connect(resume=[earlier]) as transport:
        await ready(transport)
        for part in "ab":
            smsc.session.deliver(message("2", "1", receipt_text(part), esm=4))
        (report,) = await take(transport)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("before", MessageStatus.DELIVERED)


async def test_what_a_person_types_is_no_receipt(transport: SmppTransport, smsc: Smsc) -> None:
    await transport.send(permit(), hello())
    smsc.session.deliver(message("12025550143", "12025550100", receipt_text("id-1")))
    (event,) = await take(transport)
    assert isinstance(event, InboundMessage)


async def test_a_stop_in_parts_is_one_message(transport: SmppTransport, smsc: Smsc) -> None:
    for number, words in ((2, "texting me"), (1, "Please stop ")):
        octets = bytes((5, 0, 3, 9, 2, number)) + words.encode()
        smsc.session.deliver(message("12025550143", "12025550100", octets, esm=0x40))
    (event,) = await take(transport)
    assert isinstance(event, InboundMessage)
    assert (event.channel, event.sender, event.recipient, event.text) == (
        "sms",
        TO,
        "+12025550100",
        "Please stop texting me",
    )


async def test_an_event_is_acknowledged_only_when_the_next_is_asked_for(
    transport: SmppTransport, smsc: Smsc, until: Until
) -> None:
    sequence = smsc.session.deliver(message("12025550143", "12025550100", b"STOP"))
    events = transport.events()
    first = await anext(events)
    assert isinstance(first, InboundMessage)
    await CLOCK.sleep(0.05)
    assert smsc.delivered == []
    asking = asyncio.ensure_future(anext(events))
    await until(lambda: smsc.delivered == [(sequence, 0)])
    asking.cancel()


async def test_throttled_submits_arrive_in_the_end(transport: SmppTransport, smsc: Smsc) -> None:
    smsc.script.extend([Status.RTHROTTLED, Status.RMSGQFUL])
    accepted = await transport.send(permit(), hello())
    assert accepted.provider_id == "id-3"


@pytest.mark.parametrize(
    ("status", "retryable", "address_refused"),
    [
        (Status.RSYSERR, True, False),
        (Status.RINVDSTADR, False, True),
        (Status.RINVSRCADR, False, False),
    ],
)
async def test_a_refusal_says_whether_later_may_do(
    transport: SmppTransport, smsc: Smsc, status: Status, retryable: bool, address_refused: bool
) -> None:
    smsc.script.append(int(status))
    with pytest.raises(TransportError, match=f"ESME_{status.name}") as caught:
        await transport.send(permit(), hello())
    error = caught.value
    assert (error.retryable, error.address_refused, error.outcome_unknown) == (
        retryable,
        address_refused,
        False,
    )


async def test_a_connection_lost_in_mid_submit_leaves_the_outcome_unknown_and_comes_back(
    transport: SmppTransport, smsc: Smsc, until: Until
) -> None:
    async def drop(session: Session, submit: Submit) -> None:
        session.drop()

    smsc.script.append(drop)
    with pytest.raises(TransportError) as caught:
        await transport.send(permit(), hello())
    assert caught.value.outcome_unknown
    assert not caught.value.retryable
    await until(lambda: len(smsc.binds) == 2)
    await ready(transport)
    assert (await transport.send(permit(), hello("m2"))).message_id == "m2"


async def test_a_connection_lost_between_parts_leaves_the_outcome_unknown(
    transport: SmppTransport, smsc: Smsc
) -> None:
    smsc.script.extend([0, int(Status.RSYSERR)])
    with pytest.raises(TransportError, match="1 of 2 parts") as caught:
        await transport.send(permit(), hello(words="x" * 200))
    assert caught.value.outcome_unknown
    assert not caught.value.retryable


async def test_an_answer_after_the_time_out_is_reported(connect: OpenSmpp, smsc: Smsc) -> None:
    async def slow(session: Session, submit: Submit) -> None:
        await CLOCK.sleep(0.3)
        session.answer(submit, message_id="slow")

    smsc.script.append(slow)
    async with connect(options=SessionOptions(response_timeout=0.1)) as transport:
        await ready(transport)
        with pytest.raises(TransportError) as caught:
            await transport.send(permit(), hello())
        assert caught.value.outcome_unknown
        (report,) = await take(transport)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status, report.provider_id) == (
        "m1",
        MessageStatus.ACCEPTED,
        "slow",
    )


async def test_nothing_is_sent_without_a_permit_for_it(
    transport: SmppTransport, smsc: Smsc
) -> None:
    for wrong in (
        permit_for(Channel.SMS, "+12025550199", CLOCK.now()),
        permit_for(Channel.EMAIL, TO, CLOCK.now()),
        permit_for(Channel.SMS, TO, CLOCK.now() - timedelta(hours=1)),
    ):
        with pytest.raises(NotCovered):
            await transport.send(wrong, hello())
    assert smsc.submits == []


async def test_a_refused_bind_shows_in_health_and_is_tried_again(
    connect: OpenSmpp, smsc: Smsc, until: Until
) -> None:
    smsc.bind_statuses.extend([Status.RINVPASWD] * 3)
    async with connect(backoff=Backoff(first=0.1, most=0.2)) as transport:
        await until(lambda: len(smsc.binds) == 2)
        with pytest.raises(TransportError, match="RINVPASWD") as caught:
            await transport.send(permit(), hello())
        assert caught.value.retryable
        assert "RINVPASWD" in (await transport.health()).detail
        await ready(transport)


async def test_nobody_at_the_port_is_said_and_waited_out(
    reactor: Reactor, free_tcp_port: int
) -> None:
    async with open_smpp(
        reactor=reactor,
        clock=CLOCK,
        rng=random.Random(1),
        host="localhost",
        port=free_tcp_port,
        system_id="ringfence",
        password="secret",
        backoff=Backoff(first=0.01, most=0.02),
    ) as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(permit(), hello())
        assert caught.value.retryable
        assert not caught.value.outcome_unknown
        async with run_smsc(free_tcp_port):
            await ready(transport)


async def test_a_silent_centre_is_left_and_found_again(
    connect: OpenSmpp, smsc: Smsc, until: Until
) -> None:
    quick = SessionOptions(response_timeout=0.1, enquire_after=0.1)
    async with connect(options=quick) as transport:
        await ready(transport)
        smsc.silent = True
        await until(lambda: len(smsc.sessions) > 1)
        assert not (await transport.health()).ready
        smsc.silent = False
        await ready(transport)


async def test_a_transmitter_and_a_receiver_may_be_two_sessions(
    connect: OpenSmpp, smsc: Smsc
) -> None:
    async with connect(binds=(BindMode.RECEIVER, BindMode.TRANSMITTER)) as transport:
        await ready(transport)
        assert len(smsc.binds) == 2
        await transport.send(permit(), hello())
        await transport.send(permit(), hello("m2"))
    assert len(smsc.submits) == 2


async def test_the_end_takes_leave_and_ends_the_events(connect: OpenSmpp, smsc: Smsc) -> None:
    async with connect() as transport:
        await ready(transport)
        events = transport.events()
    assert smsc.unbinds == 1
    assert [event async for event in events] == []


async def test_many_at_once_each_get_their_receipt(transport: SmppTransport, smsc: Smsc) -> None:
    async def with_receipt(session: Session, submit: Submit) -> None:
        sent = session.answer(submit)
        session.deliver(message("2", "1", receipt_text(sent), esm=4))

    count = 200
    smsc.script.extend([with_receipt] * count)
    sending = [transport.send(permit(), hello(f"m{n}")) for n in range(count)]
    _, events = await asyncio.gather(asyncio.gather(*sending), take(transport, count))
    assert {e.message_id for e in events if isinstance(e, StatusReport)} == {
        f"m{n}" for n in range(count)
    }


async def test_latin_1_centres_are_written_to_in_latin_1(connect: OpenSmpp, smsc: Smsc) -> None:
    route = Route(alphabet=text.DefaultAlphabet.LATIN1)
    async with connect(route=route) as transport:
        await ready(transport)
        await transport.send(permit(), hello(words="$5 for Zoë"))
    assert smsc.submits[0].octets == "$5 for Zoë".encode("latin-1")
