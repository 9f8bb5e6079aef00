"""What an operator sets: several trunks from a file, and every problem told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from dialer.cli import app
from dialer.settings import Settings

TWO = """
[[trunk]]
name = "first"
host = "sip.carrier.example"
priority = 1
username = "desk"
password = "very secret"
channels = 20
calls_per_second = 4
caller_ids = ["+15550100101", "+15550100102"]
assert_identity = true

[[trunk]]
name = "second"
host = "192.0.2.7"
port = 5080
transport = "tcp"
priority = 2
channels = 15
calls_per_second = 3
"""


def trunks_file(folder: Path, text: str) -> Path:
    path = folder / "trunks.toml"
    path.write_text(text)
    return path


def test_trunks_of_a_file_bound_what_is_dialed(tmp_path: Path) -> None:
    settings = Settings(sip_trunks_file=trunks_file(tmp_path, TWO), max_lines=100)
    assert [trunk.name for trunk in settings.trunks] == ["first", "second"]
    assert (settings.lines, settings.line_rate) == (35, 7.0)
    fewer = Settings(sip_trunks_file=settings.sip_trunks_file, max_lines=5, calls_per_second=2)
    assert (fewer.lines, fewer.line_rate) == (5, 2.0)


def test_tls_by_the_url_and_a_certificate_for_those_who_connect() -> None:
    (trunk,) = Settings(sip_trunk_url="sips://sip.carrier.example:5061").trunks
    assert trunk.transport == "tls"
    with pytest.raises(ValidationError, match="tls_certificate_file"):
        Settings(sip_tls_port=5061)


def test_one_trunk_needs_no_file() -> None:
    settings = Settings(sip_trunk_url="sip://desk:p%40ss@192.0.2.7:5080", max_lines=12)
    (trunk,) = settings.trunks
    assert (trunk.host, trunk.port, trunk.channels) == ("192.0.2.7", 5080, 12)
    assert (trunk.username, trunk.password.get_secret_value()) == ("desk", "p@ss")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected"),
        ("[[trunk]]\nname = 'a'\n", r"trunk 1: host"),
        ("[[trunk]]\nname = 'a'\nhost = 'b'\nspeed = 3\n", r"trunk 1: speed"),
        ("[[trunk]]\nname = 'a'\nhost = 'b'\nsession_s = 60\n", r"90 seconds at least"),
        ("[[trunk]]\nname = 'a'\nhost = 'b'\n" * 2, r"two trunks named a"),
        ("[[trunk]]\nname = 'a'\nhost = 'b'\nsrtp = 'required'\n", "has to be tls"),
        ("trunk = 3", "expected"),
        ("[[trunk", "trunks.toml"),
    ],
)
def test_a_file_that_can_not_be_used_says_where(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Settings(sip_trunks_file=trunks_file(tmp_path, text))


def test_url_and_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="set one of them"):
        Settings(sip_trunks_file=trunks_file(tmp_path, TWO), sip_trunk_url="sip://192.0.2.7:5060")


def test_settings_are_listed_without_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_SIP_TRUNKS_FILE", str(trunks_file(tmp_path, TWO)))
    shown = CliRunner().invoke(app, ["settings"]).output
    assert "RINGFENCE_SIP_TRUNKS_FILE=" in shown
    assert "name=first" in shown
    assert "calls_per_second=3" in shown
    assert "very secret" not in shown
