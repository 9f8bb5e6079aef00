"""The sample portfolio: the import format, and cases that the law must refuse."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.store.database import migrate, open_database
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.store.importing.history import HistoryOptions, import_history
from dialer.town.portfolio import CASE_COLUMNS, HISTORY_COLUMNS, Past, Portfolio, write_portfolio
from scheduler.clock import ManualClock
from tests.dialer.store.people import add_campaign
from tests.keys import KEYS

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), 1, 300, NOW)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_arguments_write_the_same_bytes(portfolio: Portfolio, tmp_path: Path) -> None:
    again = write_portfolio(tmp_path, 1, 300, NOW)
    assert again.cases.read_bytes() == portfolio.cases.read_bytes()
    assert again.history.read_bytes() == portfolio.history.read_bytes()


def test_every_case_can_be_reached_and_belongs_to_a_campaign(portfolio: Portfolio) -> None:
    cases = rows(portfolio.cases)
    assert tuple(cases[0]) == CASE_COLUMNS
    assert len({case["case_id"] for case in cases}) == 300
    for case in cases:
        assert case["full_name"] and (case["phone"] or case["email"])
        assert case["currency"] in {"USD", "CNY"} and float(case["balance"]) > 0
        if case["campaign"] != "email-reminder":
            assert case["phone"]
        if case["phone"]:
            consumer, _ = portfolio.population.by_number[case["phone"]]
            assert consumer.mailbox.address == case["email"]
    assert set(Counter(case["campaign"] for case in cases)) == {
        "early-calls",
        "first-notice-sms",
        "email-reminder",
        "agents-calls",
    }


def test_some_cases_must_be_refused(portfolio: Portfolio) -> None:
    cases = rows(portfolio.cases)
    assert any(case["dnc"] for case in cases)
    assert any(not case["country"] and not case["phone"] for case in cases)
    assert any(case["country"] == "AQ" for case in cases)
    assert any(case["consent_call"] == "no" for case in cases)
    assert set(portfolio.pasts.values()) == set(Past)


def test_history_has_the_columns_and_lies_in_the_past(portfolio: Portfolio) -> None:
    history = rows(portfolio.history)
    assert tuple(history[0]) == HISTORY_COLUMNS
    ids = {case["case_id"] for case in rows(portfolio.cases)}
    for row in history:
        assert row["case_id"] in ids
        assert datetime.fromisoformat(row["at"]) < NOW


@pytest.mark.parametrize("hour", [0, 6, 12, 18, 23])
def test_seven_calls_fill_the_seven_days_whatever_the_hour(tmp_path: Path, hour: int) -> None:
    now = NOW.replace(hour=hour)
    portfolio = write_portfolio(tmp_path, 1, 80, now)
    history = rows(portfolio.history)
    for case_id, past in portfolio.pasts.items():
        own = [row for row in history if row["case_id"] == case_id]
        assert (own == []) == (past is Past.UNKNOWN)
        calls = [row for row in own if row["outcome"] != "none"]
        lately = [
            row for row in calls if now - datetime.fromisoformat(row["at"]) < timedelta(days=7)
        ]
        if past is Past.SEVEN_CALLS:
            assert len(lately) == 7
        if past is Past.CONVERSATION:
            (talk,) = [row for row in lately if row["outcome"] == "conversation"]
            assert now - datetime.fromisoformat(talk["at"]) < timedelta(days=2)


async def test_the_importer_takes_every_row_of_both_files(
    portfolio: Portfolio, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with open_database(url, KEYS, clock=ManualClock(NOW)) as db:
        for name in ("early-calls", "first-notice-sms", "email-reminder", "agents-calls"):
            await add_campaign(db, name=name)
        cases = await import_cases(db, portfolio.cases, CaseOptions())
        history = await import_history(db, portfolio.history, HistoryOptions())
    assert (cases.good, cases.bad) == (300, 0)
    assert history.bad == 0
