"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from compliance.decision import decide
from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from tests.compliance.samples import FACTS, NOW, REQUEST, ask, book

ROOT = Path(__file__).parents[2]
ROOMS = ("compliance", "dialer", "messaging", "recordings", "scheduler")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product and its tests."""
    for room in (*ROOMS, "tests"):
        for file in sorted((ROOT / room).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))


def calls(tree: ast.Module, name: str) -> bool:
    """Whether a module calls something by this name, plain or as an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (
                isinstance(called, ast.Attribute) and called.attr == name
            ):
                return True
    return False


def test_permits_are_minted_in_one_place() -> None:
    assert [file for file, tree in sources() if calls(tree, "Permit")] == ["compliance/decision.py"]


def test_compliance_is_the_standard_library_and_data() -> None:
    allowed = {"compliance", "__future__", "tzdata"}
    for file, tree in sources():
        if not file.startswith("compliance/"):
            continue
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".", maxsplit=1)[0]
                assert top in allowed or top in __import__("sys").stdlib_module_names, file
                assert top not in {"random", "time", "socket", "asyncio"}, file


def test_the_packs_are_part_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "*.toml" in project["tool"]["setuptools"]["package-data"]["*"]


def test_a_permit_covers_its_own_channel_address_and_time_alone() -> None:
    permit = ask("us.regf")
    assert isinstance(permit, Permit)
    good = {"channel": Channel.CALL, "address": REQUEST.address, "now": NOW}
    permit.check(**good)
    for change in (
        {"channel": Channel.SMS},
        {"address": "+12125550199"},
        {"now": permit.expires_at},
        {"now": NOW.replace(hour=14)},
    ):
        with pytest.raises(NotCovered):
            permit.check(**{**good, **change})
    assert permit.condition("moon") is None


def test_a_clock_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        decide(REQUEST, FACTS, book("us.regf"), datetime(2026, 6, 10))  # noqa: DTZ001 - the point


def test_inputs_say_what_was_looked_at_and_since_when() -> None:
    answer = ask("us.regf", facts={"history_known_from": NOW})
    assert answer.inputs["known_at"] == NOW
    assert answer.inputs["locations"] == FACTS.locations
    assert answer.inputs["contact_point"] is None
    assert replace(FACTS, history_known_from=NOW).history_known_from == NOW
