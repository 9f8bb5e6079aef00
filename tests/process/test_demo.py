"""The main job as a process: calls, texts and mails over real wires, and an end by any means."""

from __future__ import annotations

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


def run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, timeout=100, stdout=subprocess.DEVNULL)


@pytest.mark.timeout(240)
@pytest.mark.peer("soxi")
def test_the_demo_contacts_lawfully_and_the_far_side_counts_the_same(tmp_path: Path) -> None:
    summary = tmp_path / "out.json"
    run(demo(tmp_path / "store", summary, 12))
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


def _open_calls(store: Path) -> bool:
    try:
        return bool(attempts(store, "state = 'active' and channel = 'call'"))
    except sqlite3.OperationalError:
        return False
