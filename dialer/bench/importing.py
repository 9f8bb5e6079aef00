"""Rows of a case file a second, beside the same cells into one plain table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, Text

from dialer.bench.people import NOON
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.stores import KEYS, open_stores
from dialer.bench.timing import watch
from dialer.store.bulk import insert_many
from dialer.store.database import Database, open_database
from dialer.store.importing.cases import CHUNK, CaseOptions, import_cases
from scheduler.clock import SystemClock

HEADER = (
    "case_id",
    "full_name",
    "creditor",
    "debt_id",
    "currency",
    "balance",
    "days_past_due",
    "phone",
    "email",
    "country",
    "state",
    "postal_code",
    "city",
    "address",
)
_BARE = Table("bare", MetaData(), *(Column(name, Text) for name in HEADER))


async def run(*, rows: int = 100_000) -> Result:
    """Import a file of new people on each kind of store."""
    found: list[Row] = []
    async with open_stores() as stores:
        file = stores.folder / "cases.csv"
        write_cases(file, rows)
        for kind in stores.kinds:
            url = await stores.fresh(kind)
            async with open_database(url, KEYS, clock=SystemClock(NOON), writer="bench") as db:
                found += await _measure(kind, db, file, rows)
    return Result(
        name="import",
        about=f"a case file of {rows} rows, checked and normalised into eight tables and the "
        "ledger, beside the same cells in one plain table",
        rows=found,
        left_out=stores.left_out,
    )


async def _measure(kind: str, db: Database, file: Path, rows: int) -> Sequence[Row]:
    with watch() as imported:
        report = await import_cases(db, file, CaseOptions(fresh_placement=True))
    if report.good != rows:
        raise BenchFailed(f"{report.bad} rows are bad: {report.problems[:1]}")
    with watch() as bare:
        await _plainly(db, file)
    rate, bare_rate = rows / imported.seconds, rows / bare.seconds
    return [
        {
            "store": kind,
            "what": "import",
            "rows": rows,
            "rows_per_s": rate,
            "took_s": imported.seconds,
            "ratio": rate / bare_rate,
        },
        {
            "store": kind,
            "what": "plain insert (bare)",
            "rows": rows,
            "rows_per_s": bare_rate,
            "took_s": bare.seconds,
        },
    ]


async def _plainly(db: Database, file: Path) -> None:
    """The file's cells as they are, in the same chunks, each durable."""
    columns = ", ".join(f'"{name}" text' for name in HEADER)
    async with db.write() as conn:
        await conn.exec_driver_sql(f"create table bare ({columns})")
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        while chunk := list(islice(reader, CHUNK)):
            async with db.write() as conn:
                await insert_many(conn, _BARE, chunk)


def write_cases(file: Path, rows: int) -> None:
    """A case file of so many new people."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(HEADER)
        for number in range(rows):
            writer.writerow(
                (
                    f"C{number:07d}",
                    f"Otto Abendroth {number}",
                    "Example Bank",
                    f"D{number:07d}",
                    "USD",
                    f"{number % 9000 + 100}.00",
                    number % 180 + 1,
                    f"+1212555{100 + number % 100:04d}",
                    f"consumer.{number}@us.example.net",
                    "US",
                    "NY",
                    "10001",
                    "New York",
                    f"{number + 1} Example Street",
                )
            )
