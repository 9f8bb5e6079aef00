"""The plans that can be offered for a debt today, each with the level that must agree to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.proposals import Proposal, propose
from dialer.casework.terms import CaseTerms
from dialer.model.plan import PlanTerms, Waiver
from dialer.store import balances, circumstances, payment_rows
from dialer.store.case_rows import CaseRow
from dialer.store.plans import NOTHING

LENGTHS = (3, 6, 12, 24, 36, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the proposals are to have in common. `monthly_minor` is what the consumer can pay.

    Without it the ability to pay counts, as far as it is known.
    """

    debt_id: str
    first_due_on: date
    lengths: Iterable[int] = LENGTHS
    monthly_minor: int | None = None
    front_payment_minor: int = 0
    waiver: Waiver = NOTHING


async def proposals(
    conn: AsyncConnection, case: CaseRow, asked: Asked, terms: CaseTerms, *, now: datetime
) -> tuple[Proposal, ...]:
    """Plans of the lengths asked for and the shortest affordable one. Raises LookupError."""
    owed = {debt.debt_id: debt for debt in await balances.read(conn, case.id, now)}
    debt = owed.get(asked.debt_id)
    if debt is None:
        raise LookupError("the debt is not open, or its balance is not known")
    monthly = asked.monthly_minor
    if monthly is None and terms.allowance is not None:
        facts = await circumstances.of_consumer(conn, case.consumer_id, sensitive=True)
        monthly = circumstances.ability(facts, terms.allowance).affordable_minor
    paid = await payment_rows.effective(conn, case.id, asked.debt_id)
    wanted = PlanTerms(
        debt_minor=debt.total_minor,
        currency=debt.currency,
        agreed_on=case.today(now),
        instalments=1,
        first_due_on=asked.first_due_on,
        front_payment_minor=asked.front_payment_minor,
        waiver=asked.waiver,
        credited=frozenset(payment.payment_id for payment in paid),
    )
    return propose(
        wanted,
        debt,
        lengths=asked.lengths,
        affordable_minor=monthly,
        limits=terms.plan,
        table=terms.authority,
    )
