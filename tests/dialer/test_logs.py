"""No line of the log shows a number or an address."""

from __future__ import annotations

import ast
import logging
import sys

import pytest

from dialer.logs import HIDDEN, MaskedFormatter, mask, redact
from tests.test_house_rules import sources


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("call to +12125550123 failed", "call to [number] failed"),
        ("INVITE sip:12125550123@127.0.0.1", "INVITE sip:[address]"),
        ("no mailbox consumer.1@us.example.net here", "no mailbox [address] here"),
        ("attempt-0a123456789 took 1200 ms", "attempt-0a123456789 took 1200 ms"),
    ],
)
def test_numbers_and_addresses_are_masked(line: str, masked: str) -> None:
    assert mask(line) == masked


def test_what_might_be_somebodys_own_is_never_shown() -> None:
    event = {"event": "noted +12125550123", "full_name": "Otto Abendroth", "case_id": "case-1"}
    assert redact(None, "info", event) == {
        "event": "noted [number]",
        "full_name": "[hidden]",
        "case_id": "case-1",
    }


def test_lines_of_libraries_and_tracebacks_are_masked() -> None:
    try:
        raise ValueError("no route to +12125550123")
    except ValueError:
        trouble = sys.exc_info()
    record = logging.LogRecord("lib", 40, __file__, 1, "to %s", ("a@b.example",), trouble)
    told = MaskedFormatter("%(name)s: %(message)s").format(record)
    assert told.startswith("lib: to [address]")
    assert "ValueError: no route to [number]" in told
    assert "555" not in told


def test_no_line_is_given_what_it_must_not_show() -> None:
    """The keys of every call of a structured log in the sources are none of the hidden ones."""
    given = {
        (path.name, keyword.arg)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("log", "logger")
        for keyword in node.keywords
    }
    assert len(given) > 20
    assert [pair for pair in given if pair[1] in HIDDEN] == []
