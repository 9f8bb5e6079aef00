"""Case work from the command line, on a store that the command line filled."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dialer.cli import app
from dialer.model.webhook_signature import verify
from scheduler.clock import SystemClock

Run = Callable[..., Result]
CASES = (
    "case_id,full_name,phone,country,state,postal_code,creditor,debt_id,currency,balance,"
    "days_past_due\n"
    "K-1,Otto Abendroth,+12125550123,US,NY,10001,=Oak Bank,D1,USD,900.00,40\n"
    "K-2,Ines Morgenrot,+12125550124,US,NY,10001,Elm Bank,D2,USD,50.00,100\n"
)
PAYMENTS = (
    "payment_id,case_id,amount,currency,received_on\n"
    "P1,K-1,100.00,USD,2026-01-05\n"
    "P2,K-2,50.00,USD,2026-01-06\n"
    "P3,K-9,50.00,USD,2026-01-06\n"
)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("RINGFENCE_DATABASE_URL", raising=False)
    runner = CliRunner()

    def run(*words: str) -> Result:
        return runner.invoke(app, list(words), catch_exceptions=False)

    (tmp_path / "cases.csv").write_text(CASES, "utf-8")
    (tmp_path / "payments.csv").write_text(PAYMENTS, "utf-8")
    assert run("import", str(tmp_path / "cases.csv")).exit_code == 0
    return run


def test_payments_come_in_and_the_case_shows_them(call: Run, tmp_path: Path) -> None:
    done = call("import-payments", str(tmp_path / "payments.csv"), "--json")
    assert json.loads(done.stdout)["changes"] == {"payments.added": 2}
    assert "row 4, case_id: there is no case 'K-9'" in done.stderr
    shown = json.loads(call("case", "show", "--case", "K-1").stdout)
    assert shown["debts"][0]["balance_minor"] == 80_000
    assert json.loads(call("case", "show", "--case", "K-2").stdout)["status"] == "closed"
    with pytest.raises(ValueError, match="there is no case K-9"):
        call("case", "show", "--case", "K-9")


def test_reports_are_tables_without_formulas(call: Run, tmp_path: Path) -> None:
    call("import-payments", str(tmp_path / "payments.csv"))
    folder, book = tmp_path / "report", tmp_path / "report.xlsx"
    days = ("--from", "2026-01-01", "--to", "2026-01-31")
    assert call("report", *days, "--out", str(folder)).exit_code == 0
    text = (folder / "creditors.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["creditor"], r["collected_minor"], r["cure_rate"]) for r in rows] == [
        ("'=Oak Bank", "10000", "0.0"),
        ("Elm Bank", "5000", "1.0"),
    ]
    ages = (folder / "ages.csv").read_text("utf-8-sig")
    assert "M2,USD,1,80000" in ages
    call("report", *days, "--out", str(book))
    sheets = zipfile.ZipFile(book)
    assert "Creditors" in sheets.read("xl/workbook.xml").decode()
    assert not any(
        b"<f>" in sheets.read(name) for name in sheets.namelist() if "worksheets" in name
    )
    assert call("report", "--from", "2026-02-01", "--to", "2026-01-01", "--out", "x").exit_code == 2


def test_a_legal_file_is_handed_out_for_a_reason_that_the_ledger_keeps(
    call: Run, tmp_path: Path
) -> None:
    out = tmp_path / "file.zip"
    words = ("case", "legal-file", "--case", "K-1", "--out", str(out))
    assert call(*words).exit_code == 2
    assert call(*words, "--why", "counsel asked").exit_code == 0
    ledger = zipfile.ZipFile(out).read("ledger.jsonl").decode()
    assert "counsel asked" in ledger
    assert call("ledger", "verify").exit_code == 0


def test_articles_are_written_and_found(call: Run, tmp_path: Path) -> None:
    article = tmp_path / "late-fee.md"
    article.write_text("A late fee is charged *once* a month.", "utf-8")
    call("articles", "add", str(article), "--title", "Late fees")
    assert call("articles", "find", "late month").stdout == "late-fee\ten\tLate fees\n"
    assert call("judge").stdout == "promises changed: 0, plans changed: 0\n"
    assert call("hand-over", "agent-1", "--out", str(tmp_path / "h")).exit_code == 0


def test_the_feed_as_a_file_and_told_again(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_WEBHOOK_SECRET", "shared")
    call("import-payments", str(tmp_path / "payments.csv"))
    file = tmp_path / "feed.jsonl"
    since = ("--from", "2026-01-01T00:00:00Z")
    done = call("feed", "export", *since, "--case", "K-1", "--out", str(file))
    events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert done.stdout == f"events: {len(events)}\n"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["case_id"] for event in events} == {"K-1"}
    assert "payment.received" in {event["kind"] for event in events}
    assert "Abendroth" not in file.read_text("utf-8")
    signature = file.with_name("feed.jsonl.signature").read_text("utf-8").strip()
    verify(b"shared", file.read_bytes(), signature, SystemClock().now())
    # Nothing went out yet, so nothing is told again.
    assert call("feed", "replay", *since).stdout == "events to be delivered again: 0\n"
    assert "### `payment.received`" in call("feed", "catalogue").stdout
