"""The auditor's commands, as an auditor runs them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance import packs
from dialer.cli import app
from dialer.store.database import open_database
from tests.dialer.audit.conftest import START, Template, Worked
from tests.keys import KEY_TEXT, KEYS


@pytest.fixture
def data(
    template: Template, copied: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Worked:
    """The data folder that the commands work on, already filled."""
    monkeypatch.setenv("RINGFENCE_KEYS", KEY_TEXT)
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path / "data"))
    return template.worked


def run(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_malformed_case_is_told_and_the_others_are_decided(tmp_path: Path) -> None:
    case = {
        "id": "a",
        "packs": ["us.regf"],
        "actor": "third_party_collector",
        "consumer": {"locations": [{"kind": "address", "tz": "America/New_York"}]},
        "proposed": {"at": "2026-06-10T11:00:00-04:00", "channel": "call", "debts": ["D1"]},
    }
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"vectors": [{**case, "moon": "full"}, {**case, "id": "b"}]}))
    done = CliRunner().invoke(app, ["decide", str(file)])
    assert done.exit_code == 1
    assert done.stderr == "ringfence: vector a: moon: unknown field\n"
    (line,) = done.stdout.splitlines()
    assert (json.loads(line)["id"], json.loads(line)["decision"]) == ("b", "allow")


def test_replay_says_how_many_are_identical(data: Worked) -> None:
    total = len(data.permits) + data.refusals
    assert run("replay") == f"{total} of {total} decisions are byte-identical\n"
    told = json.loads(run("replay", "--sample", "3", "--json"))
    assert told == {"decisions": 3, "identical": 3, "faults": []}
    shared = json.loads(run("replay", "--workers", "2", "--json"))
    assert shared == {"decisions": total, "identical": total, "faults": []}
    assert json.loads(run("replay", "--to", START.isoformat(), "--json"))["decisions"] == 0
    run("replay", "--from", "2026-11-24T17:00", code=2)


def test_a_decision_that_differs_ends_with_status_one(data: Worked, sqlite_url: str) -> None:
    attempt = data.permits[0].attempt_id

    async def spoil() -> None:
        async with open_database(sqlite_url, KEYS) as db, db.write() as conn:
            await conn.exec_driver_sql(
                "update decisions set record = replace(record, 'America/', 'Pacific/') "
                f"where id = '{attempt}'"
            )

    asyncio.run(spoil())
    assert f"{attempt}: " in run("replay", code=1)


def test_whatif_shows_nothing_for_the_pack_in_force(data: Worked, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(packs.shipped()["us.regf"].text, "utf-8")
    told = json.loads(run("whatif", "--pack", draft, "--days", "3650", "--json"))
    assert told["candidates"] == len(data.permits) + data.refusals
    assert not told["newly_refused"] + told["newly_permitted"] + told["moved"]
    assert told["past_attempts_called_wrong"] == []
    assert told["shares"] == {"pack": [], "jurisdiction": [], "channel": [], "hour": []}


def test_whatif_says_where_the_changes_fall(data: Worked, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(packs.shipped()["us.regf"].text.replace("limit = 7", "limit = 0"), "utf-8")
    told = json.loads(run("whatif", "--pack", draft, "--days", "3650", "--json"))
    changed = [*told["newly_refused"], *told["newly_permitted"], *told["moved"]]
    for axis in ("pack", "jurisdiction", "channel", "hour"):
        values = {value for change in changed for value in change["stands"][axis]}
        assert [share["value"] for share in told["shares"][axis]] == sorted(values)
    (calls,) = [s for s in told["shares"]["channel"] if s["value"] == "call"]
    assert 0 < calls["newly_refused"] + calls["moved"] <= calls["candidates"]
    assert "by channel call: of " in run("whatif", "--pack", draft, "--days", "3650")


def test_packs_diff(tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(packs.shipped()["us.regf"].text.replace("limit = 7", "limit = 5"), "utf-8")
    assert run("packs", "diff", "us.regf", "us.regf") == ""
    assert "US-REGF-7IN7: limit: 7 -> 5" in run("packs", "diff", "us.regf", draft, code=1)


def test_a_root_is_written_down(data: Worked) -> None:
    root = json.loads(run("ledger", "root", "--json"))["root"]
    assert len(bytes.fromhex(root)) == 32
    assert "unbroken" in run("ledger", "verify")


def test_a_proof_pack_is_written_and_verified(data: Worked, tmp_path: Path) -> None:
    pack = tmp_path / "proof.zip"
    told = json.loads(run("proof", "--person", data.one.person, "--out", pack, "--json"))
    assert told["decisions"] > 0
    assert f"all hold under root {told['root']}" in run("proof", "verify", pack)
    run("proof", "verify", pack, "--root", told["root"])
    run("proof", "verify", pack, "--root", "0" * 64, code=1)
    run("proof", "--out", pack, code=2)


def test_the_lists_are_printed(data: Worked) -> None:
    assert run("exposure").endswith("0 exposed, 0 by a wrong number\n")
    assert run("pressure", "--days", "3650").endswith("signs\n")
    told = json.loads(run("cutover", "--at", "2026-12-20T17:00:00Z", "--json"))
    assert len(told["cases"]) == 6
    assert told["unknown_history"] == 0
    assert "contactable: " in run("cutover", "--at", "2026-12-20T17:00:00Z")
