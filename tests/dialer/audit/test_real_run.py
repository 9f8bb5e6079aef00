"""The auditor's tools on what the whole service did on the simulated town."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialer.cli import app

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a run, and the far side's records beside it."""
    place = tmp_path_factory.mktemp("run")
    command = [sys.executable, "-m", "tests.dialer.audit.real_run", str(place)]
    subprocess.run(command, check=True, timeout=110, stdout=subprocess.DEVNULL)
    return place


@pytest.fixture(autouse=True)
def settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(folder / "data"))


def run(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.stdout


def close(folder: Path, **changed: Path) -> dict[str, list[str]]:
    """The findings of a closing, by name."""
    files = {
        "carrier": folder / "calls.json",
        "messages": folder / "texts.json",
        "mail": folder / "mails.json",
        **changed,
    }
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    done = CliRunner().invoke(app, ["closing", *options, "--json"])
    found: dict[str, list[str]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["difference"], []).append(finding["channel"])
    return found


def test_both_sides_of_the_wire_tell_the_same(folder: Path, tmp_path: Path) -> None:
    # What was under way when the service stopped is told, and nothing else.
    assert close(folder).keys() <= {"receipt_missing", "attempt_left_open"}
    calls = json.loads((folder / "calls.json").read_text("utf-8"))
    assert calls
    shorter = tmp_path / "calls.json"
    shorter.write_text(json.dumps(calls[1:]), "utf-8")
    assert close(folder, carrier=shorter)["not_on_record"] == ["call"]
    longer = tmp_path / "more.json"
    longer.write_text(json.dumps([*calls, {**calls[0], "number": "+12125550199"}]), "utf-8")
    assert close(folder, carrier=longer)["not_ours"] == ["call"]


def test_a_call_is_kept_under_the_name_that_the_carrier_knows_it_by(folder: Path) -> None:
    calls = json.loads((folder / "calls.json").read_text("utf-8"))
    with sqlite3.connect(folder / "data" / "ringfence.sqlite") as store:
        rows = store.execute(
            "select detail from attempts where channel = 'call' and state = 'closed' "
            "and active_at is not null and outcome not in ('unknown', 'not_sent')"
        )
        kept = [json.loads(detail)["provider_id"] for (detail,) in rows]
    assert kept
    assert set(kept) <= {call["call_id"] for call in calls}


def test_every_decision_of_the_run_is_made_again(folder: Path) -> None:
    told = json.loads(run("replay", "--json"))
    assert told["decisions"] == told["identical"] > 50
    pack = Path("compliance/packs/us.regf.toml").resolve()
    told = json.loads(run("whatif", "--pack", pack, "--days", "3650", "--json"))
    assert told["candidates"] > 50
    assert not told["newly_refused"] + told["newly_permitted"] + told["moved"]


def test_a_proof_pack_with_a_recording_verifies(folder: Path, tmp_path: Path) -> None:
    with sqlite3.connect(folder / "data" / "ringfence.sqlite") as store:
        (person,) = store.execute("select consumer_id from recordings").fetchone()
    pack = tmp_path / "proof.zip"
    told = json.loads(run("proof", "--person", person, "--out", pack, "--json"))
    assert told["decisions"] > 0
    run("proof", "verify", pack, "--root", told["root"])


def test_confirming_a_withdrawal_is_no_contact_after_refusal(folder: Path) -> None:
    signs = json.loads(run("pressure", "--days", "3650", "--json"))["signs"]
    assert "contact_after_refusal" not in {sign["sign"] for sign in signs}
    told = json.loads(run("cutover", "--at", "2026-06-11T13:00:00Z", "--json"))
    assert set(told["contactable"]) == {"call", "sms", "email"}
    assert json.loads(run("exposure", "--json"))["exposed"] == []
