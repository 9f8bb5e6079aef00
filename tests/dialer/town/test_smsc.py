"""The SMSC against a client written in bytes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dialer.town.habits import TextHabit
from dialer.town.population import Population, make_population
from dialer.town.smsc import Smsc, SmscFaults, serve_smsc
from scheduler.clock import SystemClock
from tests.dialer.town.raw_smpp import Raw, RawSmpp

DELIVER_SM = 5
RTHROTTLED, RINVBNDSTS, RALYBND, RBINDFAIL = 0x58, 4, 5, 0x0D


@pytest.fixture(scope="module")
def people() -> Population:
    return make_population(5, 80)


def number(people: Population, habit: TextHabit) -> str:
    """The one with this habit who is quickest."""
    phones = [phone for _, phone in people.by_number.values() if phone.text.habit is habit]
    return min(phones, key=lambda phone: phone.text.after_s).number


def smsc_of(people: Population, **faults: int) -> Smsc:
    return Smsc(
        people,
        SystemClock(),
        system_id="ringfence",
        password="secret",
        faults=SmscFaults(**faults),
    )


@asynccontextmanager
async def client(smsc: Smsc) -> AsyncIterator[RawSmpp]:
    async with serve_smsc(smsc) as port:
        raw = await RawSmpp.connect(port)
        yield raw
        await raw.close()


def address(deliver: Raw) -> tuple[str, str]:
    """Source and destination of a deliver_sm."""
    found = re.match(rb"\0..([^\0]*)\0..([^\0]*)\0", deliver.body, re.DOTALL)
    assert found
    return found[1].decode(), found[2].decode()


@pytest.mark.parametrize(
    ("habit", "stat"),
    [(TextHabit.DELIVERED, b"stat:DELIVRD"), (TextHabit.UNDELIVERABLE, b"stat:UNDELIV")],
)
async def test_a_receipt_follows_by_habit(
    people: Population, habit: TextHabit, stat: bytes
) -> None:
    smsc = smsc_of(people)
    async with client(smsc) as raw:
        assert await raw.bind() == 0
        status, message_id = await raw.submit(number(people, habit), b"hello")
        assert status == 0
        deliver = await raw.read()
        assert deliver.command == DELIVER_SM
        assert address(deliver) == (number(people, habit), "TOWNTEST")
        assert stat in deliver.body and b"id:" + message_id in deliver.body
        raw.acknowledge(deliver)
    assert smsc.messages == 1
    assert smsc.records[0].state == stat[5:].decode()


async def test_no_receipt_is_sent_unasked(people: Population) -> None:
    async with client(smsc_of(people)) as raw:
        await raw.bind()
        await raw.submit(number(people, TextHabit.REPLIES), b"hello", receipt=0)
        deliver = await raw.read()
        assert b"stat:" not in deliver.body


async def test_a_number_of_nobody_is_taken_and_not_delivered(people: Population) -> None:
    async with client(smsc_of(people)) as raw:
        await raw.bind()
        assert (await raw.submit("+12025550199", b"hello"))[0] == 0
        assert b"stat:UNDELIV" in (await raw.read()).body


async def test_one_who_wants_no_more_says_so_once_for_a_text_in_parts(people: Population) -> None:
    smsc = smsc_of(people)
    async with client(smsc) as raw:
        await raw.bind()
        to = number(people, TextHabit.STOPS)
        for part in (1, 2, 3):
            header = bytes((5, 0, 3, 77, 3, part))
            await raw.submit(to, header + b"x" * 50, esm_class=0x40, receipt=0)
        deliver = await raw.read()
        assert address(deliver) == (to.removeprefix("+"), "TOWNTEST")
        consumer, phone = people.by_number[to]
        coding = (
            "utf-16-be" if consumer.language == "zh" and not phone.text.words.isascii() else "ascii"
        )
        assert phone.text.words.encode(coding) in deliver.body
    assert (smsc.messages, smsc.parts, smsc.stops) == (1, 3, 1)
    assert len(smsc.records[0].smsc_ids) == 3


async def test_what_was_not_acknowledged_comes_again_on_the_next_bind(people: Population) -> None:
    smsc = smsc_of(people)
    async with serve_smsc(smsc) as port:
        first = await RawSmpp.connect(port)
        await first.bind()
        await first.submit(number(people, TextHabit.DELIVERED), b"hello")
        lost = await first.read()
        await first.close()
        second = await RawSmpp.connect(port)
        await second.bind()
        again = await second.read()
        assert again.body == lost.body
        second.acknowledge(again)
        second.send(0x15)
        assert (await second.read()).command == 0x80000015
        await second.close()
        third = await RawSmpp.connect(port)
        await third.bind()
        third.send(0x15)
        assert (await third.read()).command == 0x80000015
        await third.close()


async def test_wrong_password_second_bind_and_submit_without_bind_are_refused(
    people: Population,
) -> None:
    smsc = smsc_of(people)
    async with client(smsc) as raw:
        assert (await raw.submit("+12025550199", b"hello"))[0] == RINVBNDSTS
        assert await raw.bind(password=b"wrong") == 0x0E
        assert await raw.bind(user=b"wrong") == 0x0F
        assert await raw.bind() == 0
        assert await raw.bind() == RALYBND
    assert smsc.messages == 0


async def test_scripted_faults_come_first_and_are_not_counted_as_texts(people: Population) -> None:
    smsc = smsc_of(people, reject_binds=1, throttle_submits=2)
    async with client(smsc) as raw:
        assert await raw.bind() == RBINDFAIL
        assert await raw.bind() == 0
        to = number(people, TextHabit.DELIVERED)
        statuses = [(await raw.submit(to, b"hello", receipt=0))[0] for _ in range(3)]
    assert statuses == [RTHROTTLED, RTHROTTLED, 0]
    assert smsc.messages == 1


async def test_unbind_is_answered_and_rubbish_ends_the_session(people: Population) -> None:
    async with serve_smsc(smsc_of(people)) as port:
        raw = await RawSmpp.connect(port)
        await raw.bind()
        raw.send(0x99)
        assert (await raw.read()).command == 0x80000000
        raw.send(6)
        assert (await raw.read()).command == 0x80000006
        assert await raw.reader.read() == b""
        await raw.close()
        raw = await RawSmpp.connect(port)
        raw.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await raw.reader.read() == b""
        await raw.close()
