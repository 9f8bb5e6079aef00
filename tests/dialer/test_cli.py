"""The command line as a whole: every command is found and starts, and listing them is cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from dialer.cli import Ledger, Packs, Root, app

COMMANDS = [
    *((name,) for name in Root.later),
    *(("packs", name) for name in Packs.later),
    *(("ledger", name) for name in Ledger.later),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_tells_how_it_is_used(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*words, "--help"])
    assert told.exit_code == 0, told.output
    assert f"Usage: root {' '.join(words)}" in told.output.replace("ringfence", "root")


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(app, ["telephone"]).exit_code == 2


@pytest.mark.parametrize("words", [["--help"], ["packs", "list"]], ids=" ".join)
def test_small_commands_load_neither_the_store_nor_the_wire(words: list[str]) -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom dialer.cli import app\n"
        f"assert CliRunner().invoke(app, {words!r}).exit_code == 0\n"
        "print([m for m in ('sqlalchemy', 'fastapi', 'av', 'dialer.runtime') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
