"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ["compliance", "scheduler", "messaging", "recordings", "dialer"]


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def test_permits_are_minted_in_one_place() -> None:
    mints = {
        path.relative_to(ROOT).as_posix()
        for path in [*sources(), *sorted((ROOT / "tests").rglob("*.py"))]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "Permit"
    }
    assert mints == {"compliance/decision.py"}


def test_broad_excepts_stand_only_at_the_supervisors() -> None:
    broad = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and isinstance(node.type, ast.Name)
        and node.type.id in ("Exception", "BaseException")
    }
    assert broad <= {"dialer/engine/supervisor.py", "scheduler/periodic.py"}


def test_no_comment_is_a_promise() -> None:
    words = ("TODO", "FIXME", "XXX", "HACK")
    found = []
    for path in sources():
        with tokenize.open(path) as text:
            for token in tokenize.generate_tokens(text.readline):
                if token.type == tokenize.COMMENT and any(word in token.string for word in words):
                    found.append(f"{path.relative_to(ROOT)}:{token.start[0]}")
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_phone_numbers_in_the_tree_reach_nobody() -> None:
    dialable = re.compile(r"\+1[2-9]\d{2}(?!555)[2-9]\d{6}\b")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in [*sources(), *sorted((ROOT / "tests").rglob("*.py"))]
        for match in dialable.finditer(path.read_text("utf-8"))
    ]
    assert found == []
