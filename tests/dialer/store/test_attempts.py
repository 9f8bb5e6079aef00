"""Attempts: started once, settled once, never lost, and told to everyone who must know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance.facts import Channel
from compliance.permit import Permit
from dialer.store import attempts, case_events, ledger_reader, tables
from dialer.store.attempts import AttemptLost, Outcome, Recovered, StillOpen
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.work import FollowUp, WorkState, wake
from scheduler.clock import ManualClock
from tests.dialer.store.people import OWNER, Somebody, add_campaign, add_somebody, call, catalogue

LEASE = timedelta(minutes=2)


async def permitted(db: Database, one: Somebody) -> str:
    async with open_gate(db, catalogue()) as gate:
        permit = await gate.admit(call(one))
    assert isinstance(permit, Permit)
    return permit.attempt_id


@pytest.fixture
async def one(db: Database) -> Somebody:
    return await add_somebody(db, campaign=await add_campaign(db))


async def test_settling_writes_everything_at_once(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    attempt = await permitted(db, one)
    await attempts.activate(db, attempt, now=clock.now(), lease=LEASE)
    await clock.advance(30)
    later = clock.now() + timedelta(days=1)
    outcome = Outcome(
        outcome="no_answer",
        at=clock.now(),
        detail={"sip_code": 487, "ring_ms": 25000, "reason": "Request Terminated +12125550123"},
        counts_as_connected=True,
    )
    follow_up = FollowUp(state=WorkState.DUE, step=1, channel=Channel.SMS, at=later)
    assert await attempts.settle(db, attempt, outcome, follow_up=follow_up)
    async with db.read() as conn:
        kept = (await conn.execute(select(tables.attempts))).one()
        work = (await conn.execute(select(tables.campaign_cases))).one()
        case = (await conn.execute(select(tables.cases))).one()
        event = (await conn.execute(select(tables.outbox))).one()
        bodies = (await conn.execute(select(tables.ledger.c.body))).scalars().all()
    assert (kept.state, kept.outcome, kept.closed_at) == ("closed", "no_answer", clock.now())
    assert kept.detail["sip_code"] == 487
    assert (work.state, work.step, work.next_channel, work.next_at) == ("due", 1, "sms", later)
    assert (case.last_outcome, case.last_activity_at) == ("no_answer", clock.now())
    assert (event.seq, event.kind, event.payload["outcome"]) == (1, "attempt.closed", "no_answer")
    assert not any("12125550123" in body or "Abendroth" in body for body in bodies)
    assert (await ledger_reader.verify(db)).broken is None


@pytest.mark.parametrize("happens", ["an event of the case", "a fact of the person"])
async def test_what_happens_during_an_attempt_is_planned_after_it(
    db: Database, one: Somebody, clock: ManualClock, happens: str
) -> None:
    attempt = await permitted(db, one)
    await attempts.activate(db, attempt, now=clock.now(), lease=LEASE)
    async with db.write() as conn:
        if happens == "an event of the case":
            await case_events.replan(conn, one.case, clock.now())
        else:
            assert await wake(conn, one.person, clock.now()) == 0
    async with db.read() as conn:
        assert (await conn.execute(select(tables.campaign_cases.c.state))).scalar_one() == "working"
    await clock.advance(30)
    outcome = Outcome(outcome="conversation", at=clock.now())
    await attempts.settle(db, attempt, outcome, follow_up=FollowUp(state=WorkState.HELD))
    async with db.read() as conn:
        work = (await conn.execute(select(tables.campaign_cases))).one()
    assert (work.state, work.next_channel, work.next_at) == ("due", None, clock.now())


async def test_settling_twice_changes_nothing(db: Database, one: Somebody) -> None:
    attempt = await permitted(db, one)
    assert await attempts.settle(db, attempt, Outcome(outcome="busy", at=db.clock.now()))
    assert not await attempts.settle(db, attempt, Outcome(outcome="no_answer", at=db.clock.now()))
    async with db.read() as conn:
        assert (await conn.execute(select(tables.attempts.c.outcome))).scalar_one() == "busy"
        assert len((await conn.execute(select(tables.outbox))).all()) == 1


async def test_nothing_starts_twice_or_after_its_lease(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    first = await permitted(db, one)
    await attempts.activate(db, first, now=clock.now(), lease=LEASE)
    with pytest.raises(AttemptLost):
        await attempts.activate(db, first, now=clock.now(), lease=LEASE)
    await attempts.settle(db, first, Outcome(outcome="busy", at=clock.now()))
    second = await permitted(db, one)
    await clock.advance(121)
    with pytest.raises(AttemptLost):
        await attempts.activate(db, second, now=clock.now(), lease=LEASE)


async def test_what_a_crash_left_open_is_closed(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    other = await add_somebody(db, number="+12125550124", campaign=one.campaign)
    started, waiting = await permitted(db, one), await permitted(db, other)
    await attempts.activate(db, started, now=clock.now(), lease=LEASE)
    assert await attempts.recover(db, now=clock.now()) == []
    await clock.advance(121)
    found = await attempts.recover(db, now=clock.now())
    assert sorted(found, key=lambda r: r.outcome) == [
        Recovered(
            attempt_id=waiting, case_id=other.case, campaign_id=one.campaign, outcome="not_sent"
        ),
        Recovered(
            attempt_id=started, case_id=one.case, campaign_id=one.campaign, outcome="unknown"
        ),
    ]
    assert await attempts.recover(db, now=clock.now()) == []
    async with db.read() as conn:
        work = (await conn.execute(select(tables.campaign_cases))).all()
    assert {(row.state, row.next_at) for row in work} == {
        ("due", clock.now() + timedelta(minutes=15))
    }
    assert (await ledger_reader.verify(db)).broken is None


async def test_an_owner_who_starts_again_finds_its_own_at_once(
    db: Database, one: Somebody, clock: ManualClock
) -> None:
    attempt = await permitted(db, one)
    found = await attempts.recover(db, now=clock.now(), owner=OWNER)
    assert [recovered.attempt_id for recovered in found] == [attempt]


async def test_a_renewed_lease_lives_on(db: Database, one: Somebody, clock: ManualClock) -> None:
    attempt = await permitted(db, one)
    await attempts.activate(db, attempt, now=clock.now(), lease=LEASE)
    await clock.advance(100)
    assert await attempts.renew(db, OWNER, now=clock.now(), lease=LEASE) == 1
    await clock.advance(100)
    assert await attempts.recover(db, now=clock.now()) == []


async def test_a_receipt_revises_the_outcome_once(db: Database, one: Somebody) -> None:
    attempt = await permitted(db, one)
    at = db.clock.now()
    with pytest.raises(StillOpen):
        await attempts.revise(db, attempt, Outcome(outcome="delivered", at=at))
    await attempts.settle(db, attempt, Outcome(outcome="sent", at=at))
    receipt = Outcome(outcome="delivered", at=at, detail={"provider_id": "17"})
    assert await attempts.revise(db, attempt, receipt)
    assert not await attempts.revise(db, attempt, receipt)
    async with db.read() as conn:
        kinds = (
            await conn.execute(select(tables.outbox.c.kind).order_by(tables.outbox.c.seq))
        ).scalars()
        assert kinds.all() == ["attempt.closed", "attempt.revised"]
    assert (await ledger_reader.verify(db)).broken is None


async def test_an_unknown_attempt_is_an_error(db: Database) -> None:
    with pytest.raises(LookupError):
        await attempts.settle(db, "attempt-none", Outcome(outcome="busy", at=db.clock.now()))
