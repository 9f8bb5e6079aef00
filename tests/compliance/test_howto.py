"""The page on rule packs does what it says, and the schema is that of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from compliance.catalogue import check
from compliance.kinds import KINDS
from compliance.outcomes import Counts
from compliance.pack import PackError, schema
from compliance.packs import read
from compliance.vectors import decide_vectors

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "howto" / "rule-pack.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of the page in a language ("" for those that name none)."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def test_the_example_pack_decides_the_example_cases_as_shown(tmp_path: Path) -> None:
    (tmp_path / "fd.toml").write_text(blocks("toml")[0], "utf-8")
    lines = list(decide_vectors(json.loads(blocks("json")[0]), read(tmp_path)))
    shown = [json.loads(line) for block in blocks("") for line in block.splitlines() if "{" in line]
    assert len(shown) == 3
    for line, expected in zip(lines, shown, strict=True):
        assert isinstance(line, dict), line
        assert line.pop("pack_sha256")
        assert line == expected


def test_the_error_shown_is_the_error_given(tmp_path: Path) -> None:
    file = tmp_path / "fd.toml"
    file.write_text(blocks("toml")[0].replace('open = "09:00"', 'open = "9:00"'), "utf-8")
    shown = next(b for b in blocks("") if b.startswith("packs/fd.toml:")).strip()
    try:
        check(file)
    except PackError as error:
        assert str(error).replace(str(file), "packs/fd.toml") == shown
    else:
        raise AssertionError("the pack was taken")


def test_the_schema_is_that_of_the_code() -> None:
    kept = json.loads((DOCS / "rule-pack.schema.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(schema()))


def test_every_kind_and_every_count_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))
    assert set(KINDS) <= named
    assert {c.name.lower() for c in Counts if c.name} - {"opt_out_word"} <= named
