"""Payments: once, to the right debt and part, and back again when they bounce."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dialer.casework.allocation import Line, Part
from dialer.model.case import CaseStatus
from dialer.store import balances, payments, tables
from dialer.store.case_rows import NoSuchCase
from dialer.store.database import Database
from dialer.store.payments import NewPayment, PaymentConflict, Reversed
from tests.dialer.store.owing import (
    CN,
    TUESDAY,
    US,
    case,
    in_ledger,
    owe,
    owe_more,
    pay,
    told,
    words,
)
from tests.dialer.store.people import Somebody, add_somebody

PARTS = {Part.PRINCIPAL: 60_000, Part.INTEREST: 20_000, Part.FEES: 10_000}


async def balance(db: Database, one: Somebody) -> int:
    return sum(debt.balance_minor or 0 for debt in (await case(db, one)).debts)


async def parts(db: Database, one: Somebody) -> dict[Part, int]:
    async with db.read() as conn:
        (owed,) = await balances.read(conn, one.case, db.clock.now())
    return dict(owed.owed)


async def test_a_payment_fills_the_parts_in_the_creditors_order(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one, 90_000, parts=PARTS)
    receipt = await pay(db, one, 25_000)
    assert receipt.lines == (
        Line(debt_id=one.debt, part=Part.FEES, amount_minor=10_000),
        Line(debt_id=one.debt, part=Part.INTEREST, amount_minor=15_000),
    )
    assert await balance(db, one) == 65_000
    assert await parts(db, one) == {Part.PRINCIPAL: 60_000, Part.INTEREST: 5_000, Part.FEES: 0}
    assert await told(db, one) == ["payment.received"]
    assert await in_ledger(db, one) == ["payment.received"]


async def test_a_card_long_past_due_in_china_pays_principal_first(db: Database) -> None:
    one = await add_somebody(db, tz="Asia/Shanghai", country="CN", number="+8619900000001")
    await owe(db, one, 90_000, currency="CNY", parts=PARTS, days_past_due=91)
    receipt = await pay(db, one, 25_000, currency="CNY", terms=CN)
    assert [line.part for line in receipt.lines] == [Part.PRINCIPAL]


async def test_the_same_payment_twice_is_one(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    first = await pay(db, one, 5_000, ref="R-1")
    again = await pay(db, one, 5_000, ref="R-1")
    assert (again.payment_id, again.lines, again.repeated) == (
        first.payment_id,
        first.lines,
        True,
    )
    assert await balance(db, one) == 85_000
    with pytest.raises(PaymentConflict, match="R-1 is known"):
        await pay(db, one, 6_000, ref="R-1")


async def test_the_oldest_debt_is_paid_first_unless_the_consumer_names_another(
    db: Database,
) -> None:
    one = await add_somebody(db)
    await owe(db, one, 10_000)  # without a due date: last
    older = await owe_more(db, one, 4_000, due=date(2026, 1, 31))
    assert [line.debt_id for line in (await pay(db, one, 5_000)).lines] == [older, one.debt]
    named = await pay(db, one, 1_000, directed_to=one.debt)
    assert [line.debt_id for line in named.lines] == [one.debt]


async def test_full_payment_closes_the_case_and_a_reversal_opens_it(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one, 9_000)
    await pay(db, one, 4_000)
    assert (await case(db, one)).status is CaseStatus.OPEN
    over = await pay(db, one, 6_000, ref="R-2")
    assert over.unallocated_minor == 1_000
    closed = await case(db, one)
    assert closed.status is CaseStatus.CLOSED
    assert [debt.status for debt in closed.debts] == ["paid"]
    assert await words(db, one) == ["paid"]
    assert (await told(db, one))[-1] == "case.closed"
    bounced = Reversed(on=TUESDAY, reason="returned", by="bank")
    assert await payments.take_back(db, "R-2", bounced, now=db.clock.now())
    assert not await payments.take_back(db, "R-2", bounced, now=db.clock.now())
    assert (await case(db, one)).status is CaseStatus.OPEN
    assert await balance(db, one) == 5_000
    assert await words(db, one) == []
    assert (await told(db, one))[-2:] == ["payment.reversed", "case.reopened"]


async def test_a_payment_that_the_balance_reflects_is_not_taken_off_again(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one, 90_000)
    receipt = await pay(db, one, 10_000, ref="R-3", deducted=True)
    assert [line.amount_minor for line in receipt.lines] == [10_000]
    assert await balance(db, one) == 90_000
    await payments.take_back(
        db, "R-3", Reversed(on=TUESDAY, reason="returned", by=None), now=db.clock.now()
    )
    assert await balance(db, one) == 90_000


async def test_foreign_money_and_unknown_cases_are_left_to_a_person(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    receipt = await pay(db, one, 5_000, currency="EUR")
    assert (receipt.lines, receipt.unallocated_minor) == ((), 5_000)
    with pytest.raises(NoSuchCase):
        await payments.receive(
            db,
            NewPayment(
                payment_ref="R-9",
                case_id="case-none",
                amount_minor=1,
                currency="USD",
                received_on=TUESDAY,
                source="test",
            ),
            US.allocation,
            now=db.clock.now(),
        )
    with pytest.raises(ValueError, match="is to come"):
        await pay(db, one, 1, date(2026, 11, 26))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(st.integers(1, 60_000), min_size=1, max_size=5),
    back=st.sets(st.integers(0, 4)),
)
async def test_balances_are_what_was_owed_less_what_stays_paid(
    db: Database, amounts: list[int], back: set[int]
) -> None:
    number = abs(hash((tuple(amounts), tuple(back)))) % 10_000
    one = await add_somebody(db, number=f"+1212555{number:04}", point=await _shared(db))
    await owe(db, one, 90_000, parts=PARTS)
    receipts = [
        await pay(db, one, amount, ref=f"{one.case}/{n}") for n, amount in enumerate(amounts)
    ]
    for n in back & set(range(len(amounts))):
        undone = Reversed(on=TUESDAY, reason="returned", by=None)
        assert await payments.take_back(db, f"{one.case}/{n}", undone, now=db.clock.now())
    stays = sum(
        sum(line.amount_minor for line in receipt.lines)
        for n, receipt in enumerate(receipts)
        if n not in back
    )
    assert await balance(db, one) == 90_000 - stays
    closed = stays == 90_000
    assert ((await case(db, one)).status is CaseStatus.CLOSED) == closed
    if not closed:
        assert sum((await parts(db, one)).values()) == 90_000 - stays


async def _shared(db: Database) -> str | None:
    """A number that all people of the property test share, once it is there."""
    async with db.read() as conn:
        return (await conn.execute(select(tables.contact_points.c.id))).scalars().first()
