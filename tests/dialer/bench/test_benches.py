"""Every bench runs, small, and gives its figures beside a baseline. No time is judged here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dialer.bench import (
    calls,
    cases,
    claim,
    decide,
    gate,
    importing,
    mails,
    pacing,
    replay,
    soak,
    texts,
)
from dialer.bench.result import Result
from dialer.cli import app
from dialer.telephony.drivers.sip.timers import Timers
from tests.conftest import find_program


def rows(result: Result, **where: Any) -> list[Any]:
    """The rows with these values, each figure of which says something."""
    found = [row for row in result.rows if all(row.get(k) == v for k, v in where.items())]
    assert found
    for row in found:
        figures = [value for value in row.values() if isinstance(value, float)]
        assert figures
        assert all(value >= 0 for value in figures)
    return found


def stores() -> list[str]:
    return ["SQLite", "PostgreSQL"] if find_program("postgres") else ["SQLite"]


async def test_decide_counts_decisions_of_both_kinds() -> None:
    (row, *_) = rows(await decide.run(decisions=200, events=200), what="decide")
    assert 0 < row["permitted"] < row["count"] == 200


@pytest.mark.peer("postgres")
async def test_gate_measures_every_store_and_number_of_callers() -> None:
    found = await gate.run(admissions=24, history=3, callers=(1, 4))
    assert [(row["store"], row["callers"]) for row in rows(found, what="admission")] == [
        (store, callers) for store in stores() for callers in (1, 4)
    ]
    assert all(row["ratio_own_commit"] > 0 for row in rows(found, what="admission"))


@pytest.mark.peer("postgres")
async def test_claim_compares_a_large_campaign_with_a_small_one() -> None:
    found = rows(await claim.run(sizes=(100, 300), limit=20))
    assert [(row["store"], row["cases"]) for row in found] == [
        (store, size) for store in stores() for size in (100, 300)
    ]


@pytest.mark.peer("postgres")
async def test_import_takes_every_row() -> None:
    found = rows(await importing.run(rows=40), what="import")
    assert [(row["store"], row["rows"]) for row in found] == [(store, 40) for store in stores()]


async def test_replay_is_identical() -> None:
    (row,) = rows(await replay.run(decisions=150, events=20), what="replay")
    assert row["identical"] == 150


async def test_texts_go_beside_bare_submits() -> None:
    (row,) = rows(await texts.run(messages=30, at_once=5), what="SMPP transport")
    assert row["messages"] == 30


@pytest.mark.peer("smtp-sink")
async def test_mails_go_beside_postfix() -> None:
    (row,) = rows(await mails.run(messages=20, connections=2), what="SMTP transport")
    assert row["messages"] == 20


@pytest.mark.peer("sipp")
async def test_calls_go_beside_sipp() -> None:
    found = await calls.run(rate=50, calls=30, legs=6, pairs=2, held_s=0.5)
    assert [row["calls"] for row in rows(found)] == [30, 30, 30, 30, 6]


async def test_pacing_shows_the_pacer_beside_a_baseline() -> None:
    found = await pacing.run(scenarios=("n5_1h",), seeds=(1,), pacers=("progressive", "predictive"))
    assert {row["pacer"] for row in rows(found)} == {"progressive", "predictive"}


def test_the_command_writes_figures_and_refuses_an_unknown_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def small() -> Result:
        return Result(name="decide", about="a try", rows=[{"what": "try", "per_s": 1234.5}])

    monkeypatch.setattr("dialer.bench.command.BENCHES", {"decide": small})
    file = tmp_path / "bench.json"
    done = CliRunner().invoke(app, ["bench", "all", "--json", str(file)])
    assert done.exit_code == 0
    assert "1,234" in done.stdout
    document = json.loads(file.read_text("utf-8"))
    assert document["benches"]["decide"]["rows"] == [{"what": "try", "per_s": 1234.5}]
    assert document["machine"]["cores"]
    assert CliRunner().invoke(app, ["bench", "nothing"]).exit_code == 2


async def test_a_short_soak_leaves_nothing_open_unsealed_or_taken() -> None:
    found = await soak.run(minutes=0.2, timers=Timers(t1=0.1, t2=0.4, t4=0.5))
    counts = {row["what"]: row["count"] for row in found.rows}
    assert counts["attempts, all closed"] > 0
    assert counts["recordings, all sealed and read back"] > 0
    assert counts["datagrams lost"] > 0


@pytest.mark.peer("postgres")
async def test_cases_measures_a_portfolio_at_work() -> None:
    found = await cases.run(cases=200, attempts_each=2, rows=5, views=5)
    for what in ("case view", "claim of the next 20", "report of 30 days"):
        assert [row["store"] for row in rows(found, what=what)] == stores()
