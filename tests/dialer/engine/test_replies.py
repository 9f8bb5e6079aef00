"""Receipts and replies: what they change, also when they overtake us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sqlalchemy import select

from compliance.facts import Channel
from compliance.permit import Permit
from dialer.engine.confirmation import Confirmations
from dialer.engine.replies import Replies
from dialer.store import attempts, tables
from dialer.store.attempts import Outcome
from messaging.email.unsubscribe import Subscription, make_token
from messaging.message import InboundMessage, MessageEvent, MessageStatus, StatusReport
from tests.dialer.engine.conftest import Floor
from tests.dialer.store.people import ACTOR, LEASE, OWNER, Somebody, add_somebody, call

KEY = b"k" * 32


def replies(floor: Floor) -> Replies:
    confirmations = Confirmations(
        db=floor.db,
        gate=floor.gate,
        channels={Channel.SMS: floor.texts},
        clock=floor.clock,
        owner=OWNER,
    )
    return Replies(
        db=floor.db,
        feed=floor.feed,
        clock=floor.clock,
        unsubscribe_key=KEY,
        confirmations=confirmations,
        supervisor=floor.supervisor,
        actor=ACTOR,
    )


async def stream(*events: MessageEvent) -> AsyncIterator[MessageEvent]:
    for event in events:
        yield event


async def reserved(floor: Floor) -> tuple[Somebody, str]:
    one = await add_somebody(floor.db)
    permit = await floor.gate.admit(call(one))
    assert isinstance(permit, Permit)
    await attempts.activate(floor.db, permit.attempt_id, now=floor.clock.now(), lease=LEASE)
    return one, permit.attempt_id


async def outcome_of(floor: Floor, attempt_id: str) -> str:
    table = tables.attempts
    async with floor.db.read() as conn:
        found = await conn.execute(select(table.c.outcome).where(table.c.id == attempt_id))
        return str(found.scalar_one())


async def test_a_receipt_that_overtakes_our_own_note_waits_for_it(floor: Floor) -> None:
    _, attempt_id = await reserved(floor)
    report = StatusReport(
        message_id=attempt_id, status=MessageStatus.DELIVERED, at=floor.clock.now()
    )
    following = asyncio.create_task(replies(floor).follow(stream(report)))
    await floor.clock.advance(1)
    assert not following.done()
    await attempts.settle(floor.db, attempt_id, Outcome(outcome="sent", at=floor.clock.now()))
    while not following.done():
        await floor.clock.advance(1)
    assert await outcome_of(floor, attempt_id) == "delivered"


async def test_a_receipt_for_a_stranger_is_passed_over(floor: Floor) -> None:
    strange = StatusReport(
        message_id="attempt-of-nobody", status=MessageStatus.DELIVERED, at=floor.clock.now()
    )
    await replies(floor).follow(stream(strange))


async def test_stop_withdraws_texts_and_is_confirmed_once(floor: Floor) -> None:
    one = await add_somebody(floor.db)
    stop = InboundMessage(
        channel="sms", sender=one.number, recipient="FERNWOOD", text="Stop!", at=floor.clock.now()
    )
    await replies(floor).follow(stream(stop))
    await floor.supervisor.drain(10)
    assert [permit.address for permit in floor.texts.sent] == [one.number]
    async with floor.db.read() as conn:
        channels = (await conn.execute(select(tables.opt_outs.c.channel))).scalars().all()
    assert channels == ["sms"]


async def test_a_phone_that_answers_each_text_with_stop_gets_one_confirmation(floor: Floor) -> None:
    one = await add_somebody(floor.db)
    for _ in range(3):
        stop = InboundMessage(
            channel="sms",
            sender=one.number,
            recipient="FERNWOOD",
            text="STOP",
            at=floor.clock.now(),
        )
        await replies(floor).follow(stream(stop))
        await floor.supervisor.drain(10)
        await floor.clock.advance(5)
    assert [permit.address for permit in floor.texts.sent] == [one.number]


async def test_an_unsubscribe_link_binds_and_a_forged_one_does_not(floor: Floor) -> None:
    one = await add_somebody(floor.db)
    subscription = Subscription(person_id=one.person, contact_point=one.point, channel="email")
    assert await replies(floor).unsubscribe(make_token(subscription, KEY))
    assert not await replies(floor).unsubscribe(make_token(subscription, b"x" * 32))
    async with floor.db.read() as conn:
        rows = (await conn.execute(select(tables.opt_outs.c.contact_point_id))).scalars().all()
    assert rows == [one.point]
