"""A case as its agent's page shows it in the moment of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import balances, cases, promises, tables
from dialer.store.promises import Promised

SHOWN = 30
"""So many of the latest contacts are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDebt:
    """A debt; `owed_minor` is what is owed now, None where it is not known."""

    id: str
    debt_ref: str
    creditor: str | None
    product: str | None
    currency: str | None
    owed_minor: int | None
    days_past_due: int | None
    disputed: bool
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskContact:
    """One earlier contact, or something that happened to the case, newest first."""

    at: datetime
    channel: str | None
    direction: str | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNote:
    """What an agent noted of an earlier call."""

    at: datetime
    by: str | None
    code: str
    notes: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCase:
    """The case; `local_times` are the wall clocks where the consumer may be."""

    id: str
    case_ref: str
    consumer_id: str
    full_name: str
    language: str | None
    creditor: str | None
    local_times: Mapping[str, str]
    debts: tuple[DeskDebt, ...]
    history: tuple[DeskContact, ...]
    notes: tuple[DeskNote, ...]
    promises: tuple[Promised, ...]
    debt_shown: bool = True


def before_identity(case: DeskCase) -> DeskCase:
    """The same without what tells of a debt."""
    return replace(
        case, creditor=None, debts=(), history=(), notes=(), promises=(), debt_shown=False
    )


async def desk_case(conn: AsyncConnection, case_id: str, now: datetime) -> DeskCase | None:
    """The case; None where there is none."""
    case = (await cases.load(conn, [case_id])).get(case_id)
    if case is None:
        return None
    owed = {balance.debt_id: balance for balance in await balances.read(conn, case_id, now)}
    debts = tuple(
        DeskDebt(
            id=debt.id,
            debt_ref=debt.debt_ref,
            creditor=debt.creditor,
            product=debt.product,
            currency=debt.currency,
            owed_minor=owed[debt.id].total_minor if debt.id in owed else debt.balance_minor,
            days_past_due=owed[debt.id].days_past_due if debt.id in owed else debt.days_past_due,
            disputed=debt.id in owed and owed[debt.id].disputed,
            status=debt.status,
        )
        for debt in case.debts
    )
    history = tuple(
        DeskContact(
            at=past.at,
            channel=past.channel,
            direction=past.direction,
            outcome=past.outcome,
        )
        for past in reversed(case.history[-SHOWN:])
    )
    return DeskCase(
        id=case.id,
        case_ref=case.case_ref,
        consumer_id=case.consumer.id,
        full_name=case.consumer.full_name,
        language=case.consumer.language,
        creditor=case.creditor,
        local_times={zone: now.astimezone(ZoneInfo(zone)).isoformat() for zone in case.zones},
        debts=debts,
        history=history,
        notes=await _notes(conn, case_id),
        promises=tuple(await promises.of_case(conn, case_id)),
    )


async def _notes(conn: AsyncConnection, case_id: str) -> tuple[DeskNote, ...]:
    table = tables.dispositions
    found = await conn.execute(
        select(table).where(table.c.case_id == case_id).order_by(table.c.at.desc()).limit(SHOWN)
    )
    return tuple(
        DeskNote(at=row.at, by=row.by, code=row.code, notes=row.notes) for row in found.all()
    )
