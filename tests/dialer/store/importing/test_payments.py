"""A payment file: good rows in, bad rows named, the same file again changes nothing."""

from __future__ import annotations

from pathlib import Path

from dialer.casework.terms import shipped
from dialer.store.database import Database
from dialer.store.importing.payments import PaymentOptions, import_payments
from tests.dialer.store.owing import case, owe, told
from tests.dialer.store.people import add_somebody

OPTIONS = PaymentOptions(terms=shipped(), by="bank")
HEADER = "payment_id,case_id,amount,currency,received_on,debt_id,reversed_on,reason\n"


async def test_payments_come_in_once_and_bad_rows_are_named(db: Database, tmp_path: Path) -> None:
    one = await add_somebody(db)
    await owe(db, one, 90_000)
    file = tmp_path / "payments.csv"
    file.write_text(
        HEADER
        + f"P1,{one.case},100.00,USD,2026-11-20,,,\n"
        + f'P2,{one.case},"1,234.5",USD,2026-11-21,D1,,\n'
        + "P3,nobody,1.00,USD,2026-11-20,,,\n"
        + f"P4,{one.case},-3.00,USD,2026-11-20,,,\n"
        + f"P5,{one.case},3.00,USD,2027-11-20,,,\n"
        + f"P6,{one.case},3.00,USD,2026-11-20,D9,,\n"
        + f"P7,{one.case},50.00,USD,2026-11-20,,2026-11-22,returned\n"
        + f"P1,{one.case},200.00,USD,2026-11-20,,,\n",
        "utf-8",
    )
    trial = await import_payments(db, file, PaymentOptions(terms=shipped(), dry_run=True))
    assert (trial.good, trial.bad) == (3, 5)
    assert await told(db, one) == []
    report = await import_payments(db, file, OPTIONS)
    assert (report.rows, report.good, report.bad) == (8, 3, 5)
    assert report.changes == {
        "payments.added": 3,
        "payments.left_to_a_person": 2,
        "payments.reversed": 1,
    }
    assert sorted((p.row, p.column) for p in report.problems) == [
        (4, "case_id"),
        (5, "amount"),
        (6, "received_on"),
        (7, "debt_id"),
        (9, "payment_id"),
    ]
    assert report.rejected_file is not None
    assert "P4" in report.rejected_file.read_text("utf-8")
    (debt,) = (await case(db, one)).debts
    assert (debt.balance_minor, debt.status) == (0, "paid")  # 100.00 and 800.00 of 1,234.50
    before = await told(db, one)
    again = await import_payments(db, file, OPTIONS)
    assert (again.good, again.changes) == (3, {})
    assert await told(db, one) == before
