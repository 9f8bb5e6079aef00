"""The papers of a legal file that are made from the store: what was owed, paid, said and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import canonical
from dialer.casework.legal_file import Document
from dialer.store import tables
from dialer.store.casework_tables import dispute_steps, disputes, payment_lines, payments, plans

Cell = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A table. Amounts are in the currency beside them, instants in UTC."""

    document: Document
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def sha256(self) -> str:
        """The digest of its content."""
        content = {"header": self.header, "rows": self.rows}
        return sha256(canonical(content)).hexdigest()


async def papers(conn: AsyncConnection, case_id: str) -> Mapping[Document, Paper]:
    """Every paper that the store can make of a case."""
    made = (
        await _statement(conn, case_id),
        await _contacts(conn, case_id),
        await _notices(conn, case_id),
        await _recordings(conn, case_id),
        await _promises(conn, case_id),
    )
    return {paper.document: paper for paper in made}


async def _statement(conn: AsyncConnection, case_id: str) -> Paper:
    debts = tables.debts
    owed = await conn.execute(
        select(debts).where(debts.c.case_id == case_id).order_by(debts.c.position)
    )
    rows: list[tuple[Cell, ...]] = [
        (
            row.as_of.date().isoformat(),
            row.debt_ref,
            "balance",
            *_money(row.balance_minor, row.currency),
        )
        for row in owed
    ]
    paid = await conn.execute(
        select(payments, payment_lines.c.part, payment_lines.c.amount_minor.label("part_minor"))
        .add_columns(debts.c.debt_ref)
        .join(payment_lines, payment_lines.c.payment_id == payments.c.id)
        .join(debts, debts.c.id == payment_lines.c.debt_id)
        .where(payments.c.case_id == case_id)
        .order_by(payments.c.received_on, payments.c.payment_ref, payment_lines.c.part)
    )
    for row in paid:
        entry = f"payment {row.payment_ref}, {row.part}"
        rows.append(
            (
                row.received_on.isoformat(),
                row.debt_ref,
                entry,
                *_money(-row.part_minor, row.currency),
            )
        )
        if row.reversed_on is not None:
            entry = f"reversal of {row.payment_ref}, {row.part}"
            on = row.reversed_on.isoformat()
            rows.append((on, row.debt_ref, entry, *_money(row.part_minor, row.currency)))
    return _paper(
        Document.STATEMENT_OF_ACCOUNT, ("date", "debt", "entry", "amount", "currency"), rows
    )


async def _contacts(conn: AsyncConnection, case_id: str) -> Paper:
    table, points, events = tables.attempts, tables.contact_points, tables.contact_events
    ours = await conn.execute(
        select(table, points.c.value)
        .join(points, points.c.id == table.c.contact_point_id)
        .where(table.c.case_id == case_id)
    )
    theirs = await conn.execute(
        select(events, points.c.value)
        .outerjoin(points, points.c.id == events.c.contact_point_id)
        .where(events.c.case_id == case_id)
    )
    rows: list[tuple[Cell, ...]] = [
        (_at(row.reserved_at), "out", row.channel, row.value, row.outcome, row.id) for row in ours
    ]
    rows += [
        (_at(row.at), row.direction, row.channel, row.value, row.outcome, row.id) for row in theirs
    ]
    header = ("at", "direction", "channel", "address", "outcome", "id")
    return _paper(Document.CONTACT_HISTORY, header, sorted(rows, key=lambda row: str(row[0])))


async def _notices(conn: AsyncConnection, case_id: str) -> Paper:
    table, decisions = tables.attempts, tables.decisions
    found = await conn.execute(
        select(table, decisions.c.record_sha256)
        .join(decisions, decisions.c.id == table.c.id)
        .where(table.c.case_id == case_id, table.c.channel.in_(("sms", "email", "letter")))
        .order_by(table.c.reserved_at)
    )
    rows: list[tuple[Cell, ...]] = [
        (_at(row.reserved_at), row.channel, row.outcome, row.id, row.record_sha256) for row in found
    ]
    header = ("at", "channel", "outcome", "attempt", "decision_sha256")
    return _paper(Document.NOTICES_WITH_PROOF, header, rows)


async def _recordings(conn: AsyncConnection, case_id: str) -> Paper:
    table, attempts = tables.recordings, tables.attempts
    found = await conn.execute(
        select(table)
        .join(attempts, attempts.c.id == table.c.attempt_id)
        .where(attempts.c.case_id == case_id)
        .order_by(table.c.sealed_at)
    )
    rows: list[tuple[Cell, ...]] = [
        (_at(row.sealed_at), row.attempt_id, row.duration_ms, row.sha256, row.state)
        for row in found
    ]
    header = ("sealed_at", "attempt", "duration_ms", "sha256", "state")
    return _paper(Document.RECORDINGS_LIST, header, rows)


async def _promises(conn: AsyncConnection, case_id: str) -> Paper:
    made, answers = tables.promises, dispute_steps
    rows: list[tuple[Cell, ...]] = [
        (
            _at(row.created_at),
            "promise",
            *_money(row.amount_minor, row.currency),
            row.due_on.isoformat(),
            row.state,
        )
        for row in await conn.execute(select(made).where(made.c.case_id == case_id))
    ]
    rows += [
        (_at(row.agreed_at or row.proposed_at), "plan", None, None, None, row.state)
        for row in await conn.execute(select(plans).where(plans.c.case_id == case_id))
    ]
    rows += [
        (_at(row.at), f"dispute over {row.kind}", None, None, None, row.state)
        for row in await conn.execute(
            select(answers, disputes.c.kind)
            .join(disputes, disputes.c.id == answers.c.dispute_id)
            .where(disputes.c.case_id == case_id)
        )
    ]
    header = ("at", "what", "amount", "currency", "due_on", "state")
    return _paper(Document.PROMISES_AND_BREACHES, header, sorted(rows, key=lambda row: str(row[0])))


def _paper(document: Document, header: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Paper:
    return Paper(document=document, header=header, rows=tuple(rows))


def _at(value: Any) -> str:
    return str(value.isoformat(timespec="seconds"))


def _money(minor: int | None, currency: str | None) -> tuple[str | None, str | None]:
    """An amount in the currency's own unit, with its code."""
    if minor is None or currency is None:
        return None, currency
    precision = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-precision):.{precision}f}", currency
