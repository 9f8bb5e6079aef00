"""The creditor's later word on a debt: its figures replace ours, and a debt taken back rests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.casework.allocation import Part
from dialer.model.case import CaseStatus
from dialer.store import balances, creditor_updates
from dialer.store.creditor_updates import BadReport, Reported
from dialer.store.database import Database
from scheduler.clock import ManualClock
from tests.dialer.store.owing import case, owe, told, words
from tests.dialer.store.people import Somebody, add_somebody


async def report(db: Database, one: Somebody, balance: int, **more: object) -> None:
    said: dict[str, object] = {"balance_minor": balance, "as_of": db.clock.now()}
    new = Reported(**(said | more))  # type: ignore[arg-type]
    await creditor_updates.report(db, one.debt, new, by="bank", now=db.clock.now())


async def test_the_creditors_figures_replace_ours(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    await owe(db, one, 90_000)
    await clock.advance(3_600)
    parts = {Part.PRINCIPAL: 80_000, Part.INTEREST: 12_000, Part.FEES: 0}
    await report(db, one, 92_000, parts=parts, days_past_due=45)
    (debt,) = (await case(db, one)).debts
    assert (debt.balance_minor, debt.days_past_due, debt.as_of) == (92_000, 45, clock.now())
    async with db.read() as conn:
        (owed,) = await balances.read(conn, one.case, clock.now())
    assert owed.owed == parts
    await clock.advance(60)
    await report(db, one, 93_000)  # without parts: no longer itemised
    async with db.read() as conn:
        (owed,) = await balances.read(conn, one.case, clock.now())
    assert owed.owed == {Part.PRINCIPAL: 93_000}
    assert await told(db, one) == ["debt.reported", "debt.reported"]


async def test_a_report_that_cannot_be_is_refused(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    for wrong in (
        {"as_of": clock.now() - timedelta(days=1)},
        {"as_of": clock.now() + timedelta(days=1)},
        {"parts": {Part.PRINCIPAL: 1}},
    ):
        with pytest.raises(BadReport):
            await report(db, one, 100, **wrong)
    with pytest.raises(LookupError):
        await creditor_updates.report(
            db, "debt-none", Reported(balance_minor=1, as_of=clock.now()), by="x", now=clock.now()
        )


async def test_a_balance_of_nothing_closes_the_case_and_a_new_one_opens_it(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await report(db, one, 0)
    assert (await case(db, one)).status is CaseStatus.CLOSED
    assert await words(db, one) == ["paid"]
    await report(db, one, 500)
    assert (await case(db, one)).status is CaseStatus.OPEN
    assert await words(db, one) == []


async def test_a_recalled_case_is_closed_for_good(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    now = db.clock.now()
    assert await creditor_updates.recall(db, one.case, by="bank", now=now)
    assert not await creditor_updates.recall(db, one.case, by="bank", now=now)
    assert (await case(db, one)).status is CaseStatus.CLOSED
    assert await words(db, one) == ["recalled"]
    with pytest.raises(BadReport, match="taken back"):
        await report(db, one, 500)
