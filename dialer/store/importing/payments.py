"""`ringfence import-payments`: payments and reversals from the creditor's file.

The creditor's `payment_id` makes a payment one: a file may be imported again, whole or in part.
A row with `reversed_on` takes the payment back; it may be the first that is heard of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.terms import NoTerms, Terms, terms_for
from dialer.store import payments
from dialer.store.case_rows import read_case
from dialer.store.database import Database, lock
from dialer.store.importing.payment_rows import NEEDED, PAYMENT_COLUMNS, PaidRow, parse_paid
from dialer.store.importing.reader import file_digest
from dialer.store.importing.references import Owner, look_up
from dialer.store.importing.report import Progress, Report
from dialer.store.importing.sheet import Chunk, chunk_write, keep_report, open_sheet
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


async def import_payments(
    db: Database, path: Path, options: PaymentOptions, *, progress: Progress | None = None
) -> Report:
    """Import payments of cases that are in the store; every bad row is named.

    Raises BadFile when the file can't be read as a whole.
    """
    started = db.clock.now()
    digest = await asyncio.to_thread(file_digest, path)
    needed = [[column] for column in NEEDED]
    with open_sheet(
        path, options, known=PAYMENT_COLUMNS, required=needed, progress=progress
    ) as sheet:
        while rows := sheet.take(CHUNK):
            chunk = sheet.read(rows, partial(parse_paid, now=started))
            async with chunk_write(db, dry_run=options.dry_run) as conn:
                await _write(db, conn, chunk, options)
            sheet.took(len(rows), chunk.good, chunk.changes, chunk.bad)
        report = sheet.report()
    await keep_report(db, "payments", digest, report, started=started, by=options.by)
    return report


async def _write(
    db: Database, conn: AsyncConnection, chunk: Chunk[PaidRow], options: PaymentOptions
) -> None:
    refer = await look_up(conn, chunk.rows)
    await lock(conn, [owner.consumer_id for owner in refer.owners.values()])
    drafts: list[Draft] = []
    for row in chunk.rows:
        missing = refer.missing(row)
        if missing is not None:
            chunk.reject(row, *missing)
        else:
            about = (refer.owners[row.case_ref], refer.debt(row), options)
            drafts += await _enter(db, conn, chunk, row, about)
    await append(db, conn, drafts)


async def _enter(
    db: Database,
    conn: AsyncConnection,
    chunk: Chunk[PaidRow],
    row: PaidRow,
    about: tuple[Owner, str | None, PaymentOptions],
) -> list[Draft]:
    owner, debt, options = about
    new = NewPayment(
        payment_ref=row.payment_ref,
        case_id=owner.case_id,
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
        case = await read_case(conn, owner.case_id)
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
