"""Cases and debts by the numbers that the creditor gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import tables


class Referring(Protocol):
    """A row that names a case, and perhaps one of its debts."""

    @property
    def case_ref(self) -> str: ...
    @property
    def debt_ref(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The case of a reference, and whose it is."""

    case_id: str
    consumer_id: str
    country: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What the rows of a chunk refer to, as far as the store has it."""

    owners: dict[str, Owner]
    debts: dict[tuple[str, str], str]

    def missing(self, row: Referring) -> tuple[str, str] | None:
        """The column whose reference leads nowhere, and the reason."""
        owner = self.owners.get(row.case_ref)
        if owner is None:
            return "case_id", f"there is no case {row.case_ref!r}"
        if row.debt_ref is not None and (owner.case_id, row.debt_ref) not in self.debts:
            return "debt_id", f"the case has no debt {row.debt_ref!r}"
        return None

    def debt(self, row: Referring) -> str | None:
        """The debt that a row names; None where it names none."""
        return self.debts.get((self.owners[row.case_ref].case_id, row.debt_ref or ""))


async def look_up(conn: AsyncConnection, rows: Sequence[Referring]) -> References:
    """Read what the rows refer to."""
    cases, debts, people = tables.cases, tables.debts, tables.consumers
    found = await conn.execute(
        select(cases.c.case_ref, cases.c.id, cases.c.consumer_id, people.c.country)
        .join(people, people.c.id == cases.c.consumer_id)
        .where(cases.c.case_ref.in_({row.case_ref for row in rows}))
    )
    owners = {
        row.case_ref: Owner(case_id=row.id, consumer_id=row.consumer_id, country=row.country)
        for row in found
    }
    owned = await conn.execute(
        select(debts.c.case_id, debts.c.debt_ref, debts.c.id).where(
            debts.c.case_id.in_([owner.case_id for owner in owners.values()])
        )
    )
    return References(owners=owners, debts={(row.case_id, row.debt_ref): row.id for row in owned})
