"""The gate: decisions, reservations and the ledger stand or fall together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Table, func, select, text

from compliance.permit import Permit, Refusal
from dialer.store import attempts, ledger_reader, tables
from dialer.store.attempts import Outcome
from dialer.store.database import Database, open_database
from dialer.store.gate import Candidate, GateClosed, LedgerUnavailable, open_gate
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody, add_campaign, add_somebody, call, catalogue
from tests.keys import KEYS


async def count(db: Database, table: Table) -> int:
    async with db.read() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def settle(db: Database, permit: Permit, outcome: str) -> None:
    await attempts.settle(
        db, permit.attempt_id, Outcome(outcome=outcome, at=db.clock.now(), detail={"sip_code": 480})
    )


async def test_a_permit_stands_in_the_store_when_it_is_given(db: Database) -> None:
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        permit = await gate.admit(call(one))
    assert isinstance(permit, Permit)
    async with db.read() as conn:
        attempt = (await conn.execute(select(tables.attempts))).one()
        decision = (await conn.execute(select(tables.decisions))).one()
        entry = (await conn.execute(select(tables.ledger))).one()
    assert (attempt.id, attempt.state, attempt.outcome) == (
        permit.attempt_id,
        "reserved",
        "reserved",
    )
    assert attempt.lease_until == db.clock.now() + timedelta(minutes=2)
    assert decision.allowed
    assert decision.pack_sha256 == dict(permit.pack_sha256)
    assert "us.regf" in decision.pack_sha256
    assert decision.tz_version == permit.tz_version
    assert (entry.kind, entry.subject) == ("decision", one.person)
    assert (await ledger_reader.verify(db)).broken is None


async def test_seven_calls_in_seven_days_and_no_more(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        for _ in range(7):
            permit = await gate.admit(call(one))
            assert isinstance(permit, Permit)
            await settle(db, permit, "no_answer")
            await clock.advance(3600)
        refusal = await gate.admit(call(one))
    assert isinstance(refusal, Refusal)
    assert refusal.rules == ("US-REGF-7IN7",)


async def test_a_busy_line_gives_its_slot_back(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        for _ in range(8):
            permit = await gate.admit(call(one))
            assert isinstance(permit, Permit)
            await settle(db, permit, "busy")
            await clock.advance(600)


async def test_candidates_of_one_batch_see_each_other(db: Database) -> None:
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        answers = await asyncio.gather(*(gate.admit(call(one)) for _ in range(20)))
    assert sum(isinstance(answer, Permit) for answer in answers) <= 7
    assert await count(db, tables.decisions) == 20
    assert await count(db, tables.attempts) == sum(isinstance(a, Permit) for a in answers)


async def test_workers_on_one_person_never_pass_the_cap(
    db: Database, store_url: str, clock: ManualClock
) -> None:
    one = await add_somebody(db)

    async def work(handle: Database) -> int:
        permits = 0
        async with open_gate(handle, catalogue()) as gate:
            for _ in range(7):
                answer = await gate.admit(call(one))
                if isinstance(answer, Permit):
                    permits += 1
                    await settle(handle, answer, "no_answer")
        return permits

    async with AsyncExitStack() as stack:
        handles = [
            await stack.enter_async_context(
                open_database(store_url, KEYS, clock=clock, writer=f"worker-{number}")
            )
            for number in range(16)
        ]
        permits = await asyncio.gather(*map(work, handles))
    assert 1 <= sum(permits) <= 7
    assert sum(permits) + await work(db) == 7, "no slot is lost, and none is given twice"
    verified = await ledger_reader.verify(db)
    assert verified.broken is None
    assert verified.streams > 1


async def test_people_who_share_a_number_share_its_cap(db: Database, clock: ManualClock) -> None:
    china = partial(add_somebody, db, number="+8619900000001", tz="Asia/Shanghai", country="CN")
    await clock.advance(10 * 3600)  # eleven in the morning in China
    first = await china()
    second = await china(point=first.point)
    answers = []
    async with open_gate(db, catalogue()) as gate:
        for number in range(8):
            one = first if number % 2 else second
            answer = await gate.admit(call(one, actor="bank"))
            answers.append(answer)
            if isinstance(answer, Permit):
                await settle(db, answer, "no_answer")
            await clock.advance(600)
    assert [isinstance(answer, Permit) for answer in answers] == [True] * 6 + [False] * 2
    assert "CN-FREQ-CBA-ATT6" in answers[-1].rules


@pytest.mark.parametrize(
    ("missing", "rule"),
    [
        ({"tz": None}, "RF-ZONE-UNKNOWN"),
        ({"country": None}, "RF-COUNTRY-UNKNOWN"),
        ({"country": "AQ"}, "RF-PACK-MISSING"),
    ],
)
async def test_what_is_not_known_is_refused_and_recorded(
    db: Database, missing: dict[str, Any], rule: str
) -> None:
    one = await add_somebody(db, **missing)
    async with open_gate(db, catalogue()) as gate:
        refusal = await gate.admit(call(one))
    assert isinstance(refusal, Refusal)
    assert rule in refusal.rules
    async with db.read() as conn:
        decision = (await conn.execute(select(tables.decisions))).one()
    assert not decision.allowed
    assert rule in decision.rules
    assert await count(db, tables.attempts) == 0
    assert await count(db, tables.ledger) == 1


async def test_unknown_history_counts_as_full_use(db: Database) -> None:
    one = await add_somebody(db, known_from=None)
    async with open_gate(db, catalogue()) as gate:
        refusal = await gate.admit(call(one))
    assert isinstance(refusal, Refusal)
    assert "US-REGF-7IN7" in refusal.rules


async def test_a_refused_case_is_due_at_the_next_lawful_moment(
    db: Database, clock: ManualClock
) -> None:
    await clock.advance(12 * 3600)  # midnight in New York
    campaign = await add_campaign(db)
    one = await add_somebody(db, campaign=campaign)
    async with open_gate(db, catalogue()) as gate:
        refusal = await gate.admit(call(one))
    assert isinstance(refusal, Refusal)
    async with db.read() as conn:
        row = (await conn.execute(select(tables.campaign_cases))).one()
    assert (row.state, row.next_at) == ("due", refusal.first_allowed_at)
    assert row.next_at == datetime.fromisoformat("2026-11-25T13:00:00Z")
    assert row.last_rule == "US-REGF-HOURS"


async def test_a_case_that_only_an_event_opens_is_held(db: Database) -> None:
    campaign = await add_campaign(db)
    one = await add_somebody(db, campaign=campaign, tz=None)
    async with open_gate(db, catalogue()) as gate:
        await gate.admit(call(one))
    async with db.read() as conn:
        row = (await conn.execute(select(tables.campaign_cases))).one()
    assert (row.state, row.next_at) == ("held", None)


async def test_without_a_ledger_there_is_no_permit(db: Database) -> None:
    one = await add_somebody(db)
    async with db.write() as conn:
        await conn.execute(text("alter table ledger rename to lost"))
    async with open_gate(db, catalogue()) as gate:
        answers = await asyncio.gather(
            *(gate.admit(call(one)) for _ in range(5)), return_exceptions=True
        )
    assert all(isinstance(answer, LedgerUnavailable) for answer in answers)
    assert await count(db, tables.attempts) == 0
    assert await count(db, tables.decisions) == 0


async def test_one_broken_candidate_spoils_only_its_own_answer(db: Database) -> None:
    one = await add_somebody(db)
    stranger = Somebody(person="nobody", case="nothing", debt="d", point=one.point, number="+1")
    async with open_gate(db, catalogue()) as gate:
        good, bad = await asyncio.gather(
            gate.admit(call(one)), gate.admit(call(stranger)), return_exceptions=True
        )
    assert isinstance(good, Permit)
    assert isinstance(bad, LedgerUnavailable)


async def test_a_closed_gate_takes_nothing(db: Database) -> None:
    one = await add_somebody(db)
    async with open_gate(db, catalogue()) as gate:
        pass
    with pytest.raises(GateClosed):
        await gate.admit(call(one))


async def test_a_caller_who_gave_up_reserves_nothing(db: Database) -> None:
    one = await add_somebody(db)

    async def give_up(candidate: Candidate) -> None:
        async with asyncio.timeout(0):
            await gate.admit(candidate)

    async with open_gate(db, catalogue()) as gate:
        with pytest.raises(TimeoutError):
            await give_up(call(one))
        assert isinstance(await gate.admit(call(one)), Permit)
    async with db.read() as conn:
        held = select(tables.attempts.c.id).where(tables.attempts.c.state != "closed")
        assert len((await conn.execute(held)).all()) == 1
