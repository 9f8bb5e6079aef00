"""What consumers say binds at once, for everyone whom it may concern."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from compliance.facts import Channel, Consent, Hold, HoldKind
from compliance.permit import Permit, Refusal
from dialer.model.contact_point import PointKind
from dialer.store import consumers, ledger_reader, tables
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.inbound import Inbound, record_inbound
from tests.dialer.store.people import Somebody, add_somebody, call, catalogue


@pytest.fixture
async def one(db: Database) -> Somebody:
    return await add_somebody(db)


async def admit(db: Database, one: Somebody) -> Permit | Refusal:
    async with open_gate(db, catalogue()) as gate:
        return await gate.admit(call(one))


def message(db: Database, **more: object) -> Inbound:
    told: dict[str, object] = {
        "kind": PointKind.PHONE,
        "value": "+12125550123",
        "channel": Channel.SMS,
        "at": db.clock.now(),
        "outcome": "STOP",
        "opt_out": Channel.SMS,
        "source": "sms",
        "source_key": "1",
        "body": "Stop, says Otto",
    }
    return Inbound(**(told | more))


async def events(db: Database) -> list[str]:
    async with db.read() as conn:
        query = select(tables.ledger.c.kind).order_by(tables.ledger.c.seq)
        return list((await conn.execute(query)).scalars())


async def test_stop_binds_everyone_who_has_the_number(db: Database, one: Somebody) -> None:
    other = await add_somebody(db, point=one.point)
    received = await record_inbound(db, message(db))
    assert {person.consumer_id for person in received} == {one.person, other.person}
    async with db.read() as conn:
        found = (await conn.execute(select(tables.opt_outs))).all()
        outbox = (await conn.execute(select(tables.outbox.c.kind))).scalars().all()
    assert {(row.consumer_id, row.channel, row.contact_point_id) for row in found} == {
        (one.person, "sms", one.point),
        (other.person, "sms", one.point),
    }
    assert outbox == ["inbound", "inbound"]
    assert sorted(await events(db)) == ["inbound", "inbound", "opt_out", "opt_out"]
    assert (await ledger_reader.verify(db)).broken is None


async def test_the_same_message_twice_is_one(db: Database, one: Somebody) -> None:
    await record_inbound(db, message(db))
    (again,) = await record_inbound(db, message(db))
    assert again.event_id is None
    assert await events(db) == ["inbound", "opt_out"]


async def test_a_stranger_is_nobody(db: Database, one: Somebody) -> None:
    assert await record_inbound(db, message(db, value="+12125550199")) == ()


async def test_an_opt_out_of_calls_refuses_calls(db: Database, one: Somebody) -> None:
    at = db.clock.now()
    made = await consumers.opt_out(db, one.person, channel=Channel.CALL, at=at, source="agent")
    assert made is not None
    assert isinstance(await admit(db, one), Refusal)
    again = await consumers.opt_out(db, one.person, channel=Channel.CALL, at=at, source="agent")
    assert again is None


async def test_a_hold_refuses_until_it_is_resolved(db: Database, one: Somebody) -> None:
    hold = Hold(kind=HoldKind.CEASE, received_at=db.clock.now(), in_writing=True)
    ident = await consumers.add_hold(db, one.person, hold, source="letter", now=db.clock.now())
    assert isinstance(await admit(db, one), Refusal)
    assert await consumers.resolve_hold(db, ident, at=db.clock.now(), source="agent")
    assert not await consumers.resolve_hold(db, ident, at=db.clock.now(), source="agent")
    assert isinstance(await admit(db, one), Permit)
    assert await events(db) == ["hold", "decision", "hold.resolved", "decision"]


async def test_an_inbound_talk_starts_the_cooldown(db: Database, one: Somebody) -> None:
    await record_inbound(
        db, message(db, channel=Channel.CALL, outcome="conversation", opt_out=None)
    )
    refusal = await admit(db, one)
    assert isinstance(refusal, Refusal)
    assert refusal.rules == ("US-REGF-COOL7",)


async def test_consents_and_wrong_numbers_are_kept_with_their_instants(
    db: Database, one: Somebody
) -> None:
    now = db.clock.now()
    consent = Consent(
        consent_id="consent-1", channel=Channel.SMS, given_to="collector", given_at=now
    )
    await consumers.add_consent(db, one.person, consent, source="desk", now=now)
    assert await consumers.revoke_consent(db, "consent-1", at=now, ended_by="revocation")
    assert not await consumers.revoke_consent(db, "consent-1", at=now, ended_by="revocation")
    assert await consumers.mark_wrong(db, one.person, one.point, at=now, source="agent")
    assert not await consumers.mark_wrong(db, one.person, one.point, at=now, source="agent")
    assert await events(db) == ["consent", "consent.ended", "contact_point.wrong"]
    with pytest.raises(LookupError):
        await consumers.resolve_hold(db, "hold-none", at=now, source="agent")
