"""The page on audits names what there is, and its commands run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance import packs
from dialer.cli import app
from dialer.store.closing.reconcile import Difference
from tests.dialer.audit.conftest import Template
from tests.keys import KEY_TEXT

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "audit.md").read_text("utf-8")
DIFFERS = ("packs diff", "closing --carrier")
"""The commands that end with status 1 here: there is a difference to show."""


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


def test_the_commands_run_as_written(
    template: Template, copied: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGFENCE_KEYS", KEY_TEXT)
    monkeypatch.setenv("RINGFENCE_DATABASE_URL", copied)
    draft = packs.shipped()["us.regf"].text.replace("limit = 7", "limit = 5")
    Path("draft.toml").write_text(draft, "utf-8")
    for name in ("calls", "texts", "mails"):
        Path(f"{name}.json").write_text("[]", "utf-8")
    for written in commands():
        words = [template.worked.one.case if word == "C-1001" else word for word in written]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == int(" ".join(words[:2]) in DIFFERS), (words, done.output)


def test_every_finding_is_explained() -> None:
    assert set(Difference) == set(re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE))
