"""The main job as a process: calls, texts and mails over real wires, and an end by any means."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

AT = "2026-06-10T13:00:00Z"  # 09:00 in New York, 21:00 in Beijing


def demo(folder: Path, summary: Path, seconds: int) -> list[str]:
    command = "from dialer.cli import main; main()"
    options = ["--seconds", str(seconds), "--at", AT, "--keep", str(folder)]
    return [sys.executable, "-c", command, "demo", *options, "--json", str(summary)]


def attempts(folder: Path, where: str = "1") -> list[Any]:
    with sqlite3.connect(folder / "ringfence.sqlite") as store:
        found = store.execute(f"select id, channel, state, outcome from attempts where {where}")
        return found.fetchall()


def run(command: Sequence[str]) -> str:
    """Run it to its end; what it logged and said."""
    done = subprocess.run(
        command,
        check=True,
        timeout=100,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


@pytest.mark.timeout(240)
@pytest.mark.peer("soxi")
def test_the_demo_contacts_lawfully_and_the_far_side_counts_the_same(tmp_path: Path) -> None:
    summary = tmp_path / "out.json"
    told = run(demo(tmp_path / "store", summary, 12))
    assert _nobody_in(told, tmp_path / "store" / "portfolio")
    found = json.loads(summary.read_text("utf-8"))
    assert all(found["attempts"][channel] > 0 for channel in ("call", "sms", "email"))
    assert found["wire"]["sip_invites"] == found["attempts"]["call"]
    assert found["wire"]["smpp_submits"] == found["attempts"]["sms"]
    assert found["wire"]["smtp_messages"] == found["attempts"]["email"]
    assert found["wire"]["rtp_packets"] > 0
    assert found["refusals"]
    assert (found["caps_exceeded"], found["outside_hours"]) == (0, 0)
    assert found["ledger"]["verified"]
    assert attempts(tmp_path / "store", "state <> 'closed'") == []
    assert found["recordings"] > 0
    _heard(tmp_path / "store", tmp_path / "call.wav")


@pytest.mark.timeout(240)
def test_after_a_kill_nothing_is_lost_nothing_stays_open(tmp_path: Path) -> None:
    store, summary = tmp_path / "store", tmp_path / "out.json"
    first = subprocess.Popen(demo(store, summary, 60), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60  # noqa: TID251 - a process outside has no clock of ours
    while time.monotonic() < deadline:  # noqa: TID251
        if (store / "ringfence.sqlite").exists() and _open_calls(store):
            break
        time.sleep(0.2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = {row[0] for row in attempts(store)}
    assert before
    run(demo(store, summary, 3))
    after = {row[0]: row for row in attempts(store)}
    assert before <= after.keys()
    assert [row for row in after.values() if row[2] != "closed"] == []
    assert json.loads(summary.read_text("utf-8"))["ledger"]["verified"]


def _nobody_in(told: str, portfolio: Path) -> bool:
    """Whether no line names a sample person, or has a number, mailbox or street of one."""
    with next(portfolio.glob("cases*.csv")).open(encoding="utf-8-sig", newline="") as file:
        people = list(csv.DictReader(file))
    own = ("full_name", "phone", "phone_2", "phone_3", "phone_4", "phone_5", "email", "address")
    values = {row[column] for row in people for column in own if row.get(column)}
    assert len(values) > len(people)
    found = [value for value in values if value in told or value.lstrip("+") in told]
    assert found == []
    return True


def _open_calls(store: Path) -> bool:
    try:
        return bool(attempts(store, "state = 'active' and channel = 'call'"))
    except sqlite3.OperationalError:
        return False


@pytest.mark.timeout(240)
def test_two_demos_of_one_seed_decide_alike(tmp_path: Path) -> None:
    """Every first candidate of a case and channel that both runs reached gets one verdict."""
    verdicts = []
    for name in ("one", "two"):
        run(demo(tmp_path / name, tmp_path / f"{name}.json", 8))
        verdicts.append(_first_verdicts(tmp_path / name))
    both = verdicts[0].keys() & verdicts[1].keys()
    assert len(both) > 20
    assert {key: verdicts[0][key] for key in both} == {key: verdicts[1][key] for key in both}


@pytest.mark.timeout(120)
def test_one_service_a_worker_and_sigterm_ends_it_in_five_seconds(
    tmp_path: Path, free_tcp_port: int
) -> None:
    environment = {
        **os.environ,
        "RINGFENCE_DATA_DIR": str(tmp_path),
        "RINGFENCE_LISTEN": f"127.0.0.1:{free_tcp_port}",
    }
    command = [sys.executable, "-u", "-c", "from dialer.cli import main; main()", "serve"]
    service = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    with service.stdout as lines:
        assert next(lines).startswith("Console: ")
        second = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True
        )
        assert (second.returncode, "runs already" in second.stderr) == (1, True)
        service.send_signal(signal.SIGTERM)
        assert service.wait(5) == 0


def _first_verdicts(store: Path) -> dict[tuple[str, str], tuple[bool, str]]:
    with sqlite3.connect(store / "ringfence.sqlite") as db:
        found = db.execute(
            "select c.case_ref, d.channel, d.allowed, d.rules from decisions d"
            " join cases c on c.id = d.case_id order by d.decided_at desc"
        )
        return {(case, channel): (allowed, rules) for case, channel, allowed, rules in found}


def _heard(store: Path, wav: Path) -> None:
    """One sealed recording, handed out for a reason, has two channels of sound."""
    with sqlite3.connect(store / "ringfence.sqlite") as db:
        [name] = db.execute("select name from recordings order by duration_ms desc").fetchone()
    command = [sys.executable, "-c", "from dialer.cli import main; main()", "recordings", "fetch"]
    subprocess.run(
        [*command, name, "--out", str(wav), "--why", "test"],
        check=True,
        env={**os.environ, "RINGFENCE_DATA_DIR": str(store)},
        stdout=subprocess.DEVNULL,
    )
    channels = subprocess.run(["soxi", "-c", wav], check=True, capture_output=True, text=True)
    assert channels.stdout.strip() == "2"
