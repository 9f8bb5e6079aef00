"""A promise rests the strategy; money keeps it; a broken one puts the case back to work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance.facts import Channel
from dialer.engine.planning import plan_next, read_order
from dialer.model.promise import PromiseRefused, PromiseState
from dialer.store import campaigns, payments, promises, tables
from dialer.store.database import Database
from dialer.store.payments import Reversed
from dialer.store.promises import Asked, Promised
from dialer.store.work import FollowUp, WorkState
from scheduler.cadence import Ending, Finished, Next
from scheduler.clock import ManualClock
from tests.dialer.store.owing import (
    TUESDAY,
    US,
    case,
    in_ledger,
    owe,
    pay,
    promise,
    told,
    words,
)
from tests.dialer.store.people import Somebody, add_campaign, add_somebody, put


async def only(db: Database, one: Somebody) -> Promised:
    async with db.read() as conn:
        found = await promises.of_case(conn, one.case)
    return found[-1]


async def planned(db: Database, one: Somebody) -> Next | Finished:
    assert one.campaign is not None
    async with db.read() as conn:
        campaign = await campaigns.load(conn, one.campaign)
    assert campaign is not None
    return plan_next(
        read_order(campaign), await case(db, one), placed_at=db.clock.now(), now=db.clock.now()
    )


async def test_what_cannot_be_promised_is_refused_with_every_reason(db: Database) -> None:
    one = await add_somebody(db)
    asked = Asked(
        case_id=one.case,
        amount_minor=100_000,
        currency="USD",
        due_on=TUESDAY - timedelta(days=1),
        by="agent-1",
    )
    unknown = await promises.take(db, asked, US.promise, now=db.clock.now())
    assert isinstance(unknown, PromiseRefused)
    assert "the balance is not known" in unknown.reasons
    await owe(db, one, 90_000)
    refused = await promises.take(db, asked, US.promise, now=db.clock.now())
    assert isinstance(refused, PromiseRefused)
    assert refused.reasons == ("100000 is more than the balance of 90000", "2026-11-23 is past")
    assert await words(db, one) == []
    assert await told(db, one) == []


async def test_a_second_promise_waits_for_the_first(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    first = await promise(db, one, 10_000)
    asked = Asked(
        case_id=one.case, amount_minor=1_000, currency="USD", due_on=TUESDAY, by="agent-1"
    )
    second = await promises.take(db, asked, US.promise, now=db.clock.now())
    assert isinstance(second, PromiseRefused)
    assert second.reasons == ("a promise for 2026-12-01 is open",)
    assert await promises.withdraw(db, first.id, by="agent-1", now=db.clock.now())
    assert not await promises.withdraw(db, first.id, by="agent-1", now=db.clock.now())
    assert await words(db, one) == []
    await promise(db, one, 1_000)
    assert await words(db, one) == ["promise_made"]


async def test_money_in_time_keeps_a_promise(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await pay(db, one, 20_000)  # before the promise: does not keep it
    made = await promise(db, one, 30_000)
    await pay(db, one, 10_000)
    kept = await only(db, one)
    assert (kept.state, kept.paid_minor) == (PromiseState.OPEN, 10_000)
    await pay(db, one, 20_000)
    kept = await only(db, one)
    assert (kept.id, kept.state, kept.paid_minor) == (made.id, PromiseState.KEPT, 30_000)
    assert await words(db, one) == ["promise_made", "promise_kept"]
    assert [kind for kind in await told(db, one) if kind.startswith("promise")] == [
        "promise.made",
        "promise.kept",
    ]
    assert "promise.kept" in await in_ledger(db, one)


@pytest.mark.parametrize(
    ("paid", "state"), [(0, PromiseState.BROKEN), (9_999, PromiseState.PARTLY_KEPT)]
)
async def test_a_promise_is_broken_only_after_its_grace(
    db: Database, clock: ManualClock, paid: int, state: PromiseState
) -> None:
    campaign = await add_campaign(db)
    one = await add_somebody(db, campaign=campaign)
    await owe(db, one)
    assert isinstance(await planned(db, one), Next)
    await promise(db, one, 10_000)
    resting = await planned(db, one)
    assert isinstance(resting, Finished)
    assert resting.ending is Ending.PAUSED
    if paid:
        await pay(db, one, paid)
    await clock.advance(timedelta(days=7 + US.promise.grace_days).total_seconds())
    async with db.read() as conn:
        assert await promises.due_for_judgement(conn, db.clock.now(), limit=10) == [one.case]
    assert await promises.judge_case(db, one.case, now=db.clock.now()) == 0
    await clock.advance(timedelta(days=1).total_seconds())
    # The campaign had put the case aside meanwhile.
    await put(db, campaign, one.case, FollowUp(state=WorkState.HELD), db.clock.now())
    assert await promises.judge_case(db, one.case, now=db.clock.now()) == 1
    assert await promises.judge_case(db, one.case, now=db.clock.now()) == 0
    assert (await only(db, one)).state is state
    assert (await words(db, one))[-1] == "promise_broken"
    again = await planned(db, one)
    assert isinstance(again, Next)
    assert again.channel is Channel.CALL
    async with db.read() as conn:
        place = (await conn.execute(select(tables.campaign_cases))).one()
        assert (place.state, place.next_at) == (WorkState.DUE, db.clock.now())
        assert await promises.due_for_judgement(conn, db.clock.now(), limit=10) == []


async def test_a_payment_taken_back_undoes_what_it_kept(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await promise(db, one, 10_000)
    await pay(db, one, 10_000, ref="cheque-1")
    assert (await only(db, one)).state is PromiseState.KEPT
    bounced = Reversed(on=TUESDAY, reason="returned", by=None)
    assert await payments.take_back(db, "cheque-1", bounced, now=db.clock.now())
    assert (await only(db, one)).state is PromiseState.OPEN
    assert await words(db, one) == ["promise_made"]
    await clock.advance(timedelta(days=20).total_seconds())
    await promises.judge_case(db, one.case, now=db.clock.now())
    assert await words(db, one) == ["promise_made", "promise_broken"]
