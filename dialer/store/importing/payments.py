"""`ringfence import-payments`: payments and reversals from the creditor's file.

The creditor's `payment_id` makes a payment one: a file may be imported again, whole or in part.
A row with `reversed_on` takes the payment back; it may be the first that is heard of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.terms import NoTerms, Terms, terms_for
from dialer.store import payments, tables
from dialer.store.case_rows import read_case
from dialer.store.database import Database, lock
from dialer.store.importing.cases import keep_report
from dialer.store.importing.columns import lay_out
from dialer.store.importing.payment_rows import NEEDED, PAYMENT_COLUMNS, PaidRow, parse_paid
from dialer.store.importing.reader import file_digest, open_csv
from dialer.store.importing.report import Problem, Progress, Rejects, Report, Tally
from dialer.store.ledger_writer import Draft, append
from dialer.store.payments import NewPayment, Reversed

CHUNK = 200
SOURCE = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOptions:
    """How a payment file is read. `terms` give each country's order of allocation."""

    terms: Terms
    mapping: Mapping[str, str] | None = None
    by: str | None = None
    dry_run: bool = False


class _DryRun(Exception):
    """Takes a chunk back."""


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """The rows of one transaction."""

    rows: list[PaidRow] = field(default_factory=list)
    bad: list[tuple[Sequence[str], list[Problem]]] = field(default_factory=list)
    good: int = 0
    changes: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> None:
        self.changes[kind] = self.changes.get(kind, 0) + 1

    def reject(self, row: PaidRow, column: str, reason: str) -> None:
        self.bad.append((row.cells, [Problem(row=row.number, column=column, reason=reason)]))


async def import_payments(
    db: Database, path: Path, options: PaymentOptions, *, progress: Progress | None = None
) -> Report:
    """Import payments of cases that are in the store; every bad row is named.

    Raises BadFile when the file can't be read as a whole.
    """
    started = db.clock.now()
    sha256 = await asyncio.to_thread(file_digest, path)
    tally = Tally()
    with open_csv(path) as source, Rejects(path, source.header, source.delimiter) as rejects:
        layout = lay_out(
            source.header,
            known=PAYMENT_COLUMNS,
            required=[[column] for column in NEEDED],
            mapping=options.mapping,
        )
        while rows := list(islice(source.rows, CHUNK)):
            chunk = _Chunk()
            for number, cells in rows:
                padded = [*cells, *[""] * (len(source.header) - len(cells))]
                found = parse_paid(number, cells, layout.record(padded), started)
                if isinstance(found, PaidRow):
                    chunk.rows.append(found)
                else:
                    chunk.bad.append((cells, found))
            await _store(db, chunk, options)
            tally.good += chunk.good
            tally.changes.update(chunk.changes)
            for bad, problems in chunk.bad:
                tally.reject(problems)
                if not options.dry_run:
                    rejects.add(bad, problems)
            tally.rows += len(rows)
            if progress is not None:
                progress(tally.rows)
        report = Report(
            file=path.name,
            rows=tally.rows,
            good=tally.good,
            bad=tally.bad,
            changes=dict(tally.changes),
            without_zone=0,
            ignored_columns=layout.ignored,
            problems=tuple(tally.problems),
            rejected_file=rejects.written,
            dry_run=options.dry_run,
        )
    await keep_report(db, "payments", sha256, report, started=started, by=options.by)
    return report


async def _store(db: Database, chunk: _Chunk, options: PaymentOptions) -> None:
    try:
        async with db.write() as conn:
            owners = await _owners(conn, chunk.rows)
            await lock(conn, [owner.consumer_id for owner in owners.values()])
            debts = await _debts(conn, [owner.id for owner in owners.values()])
            drafts: list[Draft] = []
            for row in chunk.rows:
                owner = owners.get(row.case_ref)
                if owner is None:
                    chunk.reject(row, "case_id", f"there is no case {row.case_ref!r}")
                elif row.debt_ref is not None and (owner.id, row.debt_ref) not in debts:
                    chunk.reject(row, "debt_id", f"the case has no debt {row.debt_ref!r}")
                else:
                    debt = debts.get((owner.id, row.debt_ref or ""))
                    drafts += await _enter(db, conn, chunk, row, (owner, debt, options))
            await append(db, conn, drafts)
            if options.dry_run:
                raise _DryRun
    except _DryRun:
        pass


async def _enter(
    db: Database,
    conn: AsyncConnection,
    chunk: _Chunk,
    row: PaidRow,
    about: tuple[Row[Any], str | None, PaymentOptions],
) -> list[Draft]:
    owner, debt, options = about
    new = NewPayment(
        payment_ref=row.payment_ref,
        case_id=owner.id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        received_on=row.received_on,
        source=SOURCE,
        directed_to=debt,
        deducted=row.deducted,
        by=options.by,
    )
    now = db.clock.now()
    try:
        order = terms_for(options.terms, owner.country).allocation
        case = await read_case(conn, owner.id)
        receipt, drafts = await payments.enter(conn, case, new, order, now)
    except (ValueError, NoTerms) as error:
        chunk.reject(row, "payment_id", str(error))
        return []
    chunk.good += 1
    if not receipt.repeated:
        chunk.count("payments.added")
    if receipt.unallocated_minor and not receipt.repeated:
        chunk.count("payments.left_to_a_person")
    if row.reversed_on is not None:
        undone = Reversed(on=row.reversed_on, reason=row.reason, by=options.by)
        more = await payments.undo(conn, receipt.payment_id, undone, now)
        if more:
            chunk.count("payments.reversed")
        drafts += more
    return drafts


async def _owners(conn: AsyncConnection, rows: Sequence[PaidRow]) -> dict[str, Row[Any]]:
    cases, people = tables.cases, tables.consumers
    refs = {row.case_ref for row in rows}
    found = await conn.execute(
        select(cases.c.case_ref, cases.c.id, cases.c.consumer_id, people.c.country)
        .join(people, people.c.id == cases.c.consumer_id)
        .where(cases.c.case_ref.in_(refs))
    )
    return {row.case_ref: row for row in found}


async def _debts(conn: AsyncConnection, cases: Sequence[str]) -> dict[tuple[str, str], str]:
    table = tables.debts
    found = await conn.execute(
        select(table.c.case_id, table.c.debt_ref, table.c.id).where(table.c.case_id.in_(cases))
    )
    return {(row.case_id, row.debt_ref): row.id for row in found}
