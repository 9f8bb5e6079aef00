"""The case on one page: all of its own, nothing of others', what is latest first."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert

from dialer.casework.allocation import Part
from dialer.reports.case_facts import RECENT
from dialer.reports.case_view import CaseView, case_view
from dialer.store import tables
from dialer.store.database import Database
from dialer.store.ids import new_id
from scheduler.clock import ManualClock
from tests.dialer.store.owing import TUESDAY, US, owe, owe_more, pay, promise
from tests.dialer.store.people import Somebody, add_somebody


async def show(db: Database, one: Somebody) -> CaseView:
    async with db.read() as conn:
        view = await case_view(
            conn, one.case, now=db.clock.now(), sensitive=False, allowance=US.allowance
        )
    assert view is not None
    return view


async def wrote(db: Database, one: Somebody, minutes: int) -> None:
    """The person wrote to us so many minutes ago."""
    at = db.clock.now() - timedelta(minutes=minutes)
    row = {
        "id": new_id("event"),
        "consumer_id": one.person,
        "case_id": one.case,
        "at": at,
        "channel": "sms",
        "direction": "in",
        "outcome": "reply",
        "contact_point_id": one.point,
        "debts": [],
        "also_discussed": [],
        "source": "sms",
        "recorded_at": at,
    }
    async with db.write() as conn:
        await conn.execute(insert(tables.contact_events), row)


async def test_there_is_nothing_to_show_of_no_case(db: Database) -> None:
    async with db.read() as conn:
        view = await case_view(
            conn, "case_none", now=db.clock.now(), sensitive=False, allowance=None
        )
    assert view is None


async def test_each_debt_has_its_own_parts_and_payments(db: Database) -> None:
    one, other = await add_somebody(db), await add_somebody(db, number="+12125550124")
    await owe(db, one, 90_000, parts={Part.PRINCIPAL: 80_000, Part.FEES: 10_000})
    second = await owe_more(db, one, 5_000, due=date(2026, 10, 1))
    await owe(db, other, 70_000)
    await pay(db, one, 3_000, TUESDAY - timedelta(days=1), directed_to=one.debt)
    await pay(db, one, 1_000, directed_to=second)
    await pay(db, other, 7_000)
    first_line, second_line = (await show(db, one)).debts
    assert (first_line.id, first_line.paid_minor, first_line.itemised) == (one.debt, 3_000, True)
    assert sum(first_line.parts.values()) == first_line.balance_minor == 87_000
    assert (second_line.id, second_line.paid_minor, second_line.parts) == (second, 1_000, {})
    view = await show(db, one)
    assert [paid.amount_minor for paid in view.payments] == [1_000, 3_000]
    assert [paid.amount_minor for paid in (await show(db, other)).payments] == [7_000]


async def test_the_latest_of_a_long_history_is_shown(db: Database, clock: ManualClock) -> None:
    one, other = await add_somebody(db), await add_somebody(db, number="+12125550124")
    for minutes in range(RECENT + 3):
        await wrote(db, one, minutes)
    await wrote(db, other, 1)
    view = await show(db, one)
    assert [clock.now() - entry.at for entry in view.history] == [
        timedelta(minutes=minutes) for minutes in range(RECENT)
    ]
    assert {entry.address for entry in view.history} == {one.number}
    assert [sign.reason for sign in view.signals] == [
        f"got in touch {RECENT + 3} times of their own accord"
    ]


async def test_promises_are_this_case_s_and_its_numbers_tell_how_they_serve(db: Database) -> None:
    one, other = await add_somebody(db), await add_somebody(db, number="+12125550124")
    await owe(db, one)
    await owe(db, other)
    made = await promise(db, one, 10_000)
    await promise(db, other, 20_000)
    view = await show(db, one)
    assert view.promises == (made,)
    (point,) = view.points
    assert (point.value, point.attempts, point.reached, point.last_at) == (one.number, 0, 0, None)
