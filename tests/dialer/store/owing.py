"""What the invented people of the store's tests owe, pay and promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from compliance import packs
from compliance.facts import Mode
from compliance.permit import Permit, Refusal
from dialer.casework.allocation import Part
from dialer.casework.terms import CaseTerms, shipped
from dialer.model.case import Case
from dialer.model.promise import PromiseRefused
from dialer.store import balances, cases, payments, promises, tables
from dialer.store.attempts import NOT_SENT, Outcome, settle
from dialer.store.casework_tables import case_events
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.ids import new_id
from dialer.store.payments import NewPayment, Receipt
from dialer.store.promises import Asked, Promised
from tests.dialer.store.people import Somebody, call

US: CaseTerms = shipped()["US"]
CN: CaseTerms = shipped()["CN"]
TUESDAY = date(2026, 11, 24)
"""The day on which the store's tests begin, in New York."""


async def owe(
    db: Database,
    one: Somebody,
    balance: int | None = 90_000,
    *,
    currency: str = "USD",
    parts: dict[Part, int] | None = None,
    days_past_due: int = 40,
) -> None:
    """Set what the person owes on their debt."""
    async with db.write() as conn:
        await conn.execute(
            update(tables.debts)
            .where(tables.debts.c.id == one.debt)
            .values(balance_minor=balance, currency=currency, days_past_due=days_past_due)
        )
        await conn.execute(
            update(tables.consumers)
            .where(tables.consumers.c.id == one.person)
            .values(country="US" if currency == "USD" else "CN")
        )
        if parts is not None:
            await balances.itemise(conn, one.debt, parts, db.clock.now())


async def owe_more(db: Database, one: Somebody, balance: int, *, due: date) -> str:
    """Give the person a second debt; its id."""
    now, ident = db.clock.now(), new_id("debt")
    row = {
        "id": ident,
        "case_id": one.case,
        "debt_ref": "D2",
        "position": 1,
        "currency": "USD",
        "balance_minor": balance,
        "due_date": due,
        "as_of": now,
        "created_at": now,
        "updated_at": now,
    }
    async with db.write() as conn:
        await conn.execute(insert(tables.debts), row)
    return ident


async def pay(
    db: Database,
    one: Somebody,
    amount: int,
    on: date = TUESDAY,
    *,
    ref: str | None = None,
    currency: str = "USD",
    deducted: bool = False,
    directed_to: str | None = None,
    terms: CaseTerms = US,
) -> Receipt:
    new = NewPayment(
        payment_ref=ref or new_id("ref"),
        case_id=one.case,
        amount_minor=amount,
        currency=currency,
        received_on=on,
        source="test",
        directed_to=directed_to,
        deducted=deducted,
    )
    return await payments.receive(db, new, terms.allocation, now=db.clock.now())


async def promise(
    db: Database, one: Somebody, amount: int, days: int = 7, *, terms: CaseTerms = US
) -> Promised:
    asked = Asked(
        case_id=one.case,
        amount_minor=amount,
        currency="USD",
        due_on=TUESDAY + timedelta(days=days),
        by="agent-1",
    )
    taken = await promises.take(db, asked, terms.promise, now=db.clock.now())
    assert not isinstance(taken, PromiseRefused), taken.reasons
    return taken


async def words(db: Database, one: Somebody) -> list[str]:
    """What the case's strategy knows to have happened."""
    return [entry.outcome for entry in (await case(db, one)).history if entry.channel is None]


async def case(db: Database, one: Somebody) -> Case:
    async with db.read() as conn:
        return (await cases.load(conn, [one.case]))[one.case]


async def told(db: Database, one: Somebody) -> list[str]:
    """The kinds of the events for outside systems, in their order."""
    async with db.read() as conn:
        rows = await conn.execute(
            select(tables.outbox.c.kind)
            .where(tables.outbox.c.case_id == one.case)
            .order_by(tables.outbox.c.seq)
        )
        return list(rows.scalars())


async def in_ledger(db: Database, one: Somebody) -> list[str]:
    async with db.read() as conn:
        rows = await conn.execute(
            select(tables.ledger.c.kind)
            .where(tables.ledger.c.subject == one.person)
            .order_by(tables.ledger.c.seq)
        )
        return list(rows.scalars())


async def annulled(db: Database, one: Somebody) -> int:
    async with db.read() as conn:
        rows = await conn.execute(
            select(case_events.c.id).where(
                case_events.c.case_id == one.case, case_events.c.annulled_at.is_not(None)
            )
        )
        return len(rows.all())


async def ask_gate(
    db: Database, one: Somebody, mode: Mode = Mode.AGENT_DIALLED
) -> Permit | Refusal:
    """Ask for a call as it would be now; a permit is given back unused."""
    asked = call(one)
    asked = replace(asked, request=replace(asked.request, mode=mode))
    async with open_gate(db, packs.shipped()) as gate:
        decision = await gate.admit(asked)
    if isinstance(decision, Permit):
        await settle(db, decision.attempt_id, Outcome(outcome=NOT_SENT, at=db.clock.now()))
    return decision
