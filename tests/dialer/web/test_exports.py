"""Whatever leaves as a spreadsheet, by page, API or command: no cell of it is a formula."""

from __future__ import annotations

import ast
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from typer.testing import CliRunner

import dialer
from dialer.cli import app as commands
from dialer.reports.spreadsheet import as_csv, as_xlsx
from dialer.store import tables
from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from tests.dialer.store.owing import owe, promise
from tests.dialer.store.people import add_campaign, add_somebody
from tests.dialer.web.conftest import client_of, url_of
from tests.dialer.web.test_masking import QUERY, filled, reads
from tests.keys import KEYS

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
EVIL = [f"{sign}cmd|' /C calc'!A{place}" for place, sign in enumerate(SIGNS)]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DAYS = {"first": "2026-11-01", "last": "2026-11-30"}


@pytest.fixture
async def cases(db: Database) -> list[str]:
    """Cases whose every word that others wrote begins as a formula does."""
    made = []
    for place, evil in enumerate(EVIL):
        campaign = await add_campaign(db, name=evil)
        one = await add_somebody(db, number=f"+121255501{place:02}", campaign=campaign)
        await owe(db, one)
        made_of = (await promise(db, one, 5_000)).id
        async with db.write() as conn:
            for table, column, key, value in (
                (tables.cases, "case_ref", one.case, evil),
                (tables.cases, "creditor", one.case, evil),
                (tables.debts, "creditor", one.debt, evil),
                (tables.debts, "debt_ref", one.debt, evil),
                (tables.promises, "by", made_of, evil),
            ):
                await conn.execute(update(table).where(table.c.id == key).values({column: value}))
        made.append(one.case)
    return made


def texts_of(content: bytes, name: str = "") -> Iterator[str]:
    """Every text in the cells of a CSV file, a workbook, or a ZIP of such."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.namelist()
            if "xl/workbook.xml" in inside:
                yield from _texts_of_workbook(archive)
                return
            for entry in inside:
                if entry.endswith((".csv", ".xlsx", ".zip")):
                    yield from texts_of(archive.read(entry), entry)
    elif name.endswith(".csv"):
        for cells in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            yield from cells


def _texts_of_workbook(archive: zipfile.ZipFile) -> Iterator[str]:
    for entry in archive.namelist():
        if entry.startswith("xl/worksheets/"):
            assert f"{SHEET}f" not in {node.tag for node in fromstring(archive.read(entry)).iter()}
    for node in fromstring(archive.read("xl/sharedStrings.xml")).iter(f"{SHEET}t"):
        yield node.text or ""


def check(content: bytes, name: str = "") -> int:
    """How many of the evil texts are in it, each made plain."""
    found = 0
    for text in texts_of(content, name):
        assert not text.startswith(tuple(SIGNS)), (name, text)
        found += "cmd|" in text
    return found


async def test_no_download_of_the_console_holds_a_formula(
    app: FastAPI, db: Database, cases: list[str]
) -> None:
    known = {"case_id": cases[0], "form": "xlsx", "agent": EVIL[0]}
    async with db.write() as conn:
        token = await create_token(conn, name="walk", role=Role.MANAGER, now=db.clock.now())
    seen: dict[str, int] = {}
    async with client_of(app) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        for path in reads(app):
            for form in ("zip", "csv", "xlsx"):
                where = filled(path, {**known, "form": form})
                answer = await client.get(where, params={**QUERY, **DAYS, "format": form})
                name = answer.headers.get("content-disposition", "").rstrip('"')
                if answer.status_code == 200 and "attachment" in name:
                    seen[f"{path} {form}"] = check(answer.content, name)
    assert {path for path, found in seen.items() if found} >= {
        "/api/v1/reports/period.{form} csv",
        "/api/v1/reports/period.{form} xlsx",
        "/reports/period.{form} csv",
        "/reports/period.{form} xlsx",
        "/api/v1/cases/{case_id}/legal-file zip",
    }


def test_no_file_of_the_commands_holds_a_formula(
    cases: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_DATABASE_URL", url_of(tmp_path / "store.sqlite"))
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("dialer.commands.open_keys", lambda settings: KEYS)
    days = ("--from", DAYS["first"], "--to", DAYS["last"])
    out = tmp_path / "out"
    out.mkdir()
    for words in (
        ("report", *days, "--out", str(out / "report.xlsx")),
        ("report", *days, "--out", str(out / "report")),
        *(
            ("hand-over", "--out", str(out / f"{place}.xlsx"), "--", evil)
            for place, evil in enumerate(EVIL)
        ),
        ("hand-over", "--out", str(out / "handed"), "--", EVIL[0]),
        ("case", "legal-file", "--case", EVIL[0], "--why", "court", "--out", str(out / "a.zip")),
    ):
        done = CliRunner().invoke(commands, list(words), catch_exceptions=False)
        assert done.exit_code == 0, (words, done.output)
    files = [file for file in sorted(out.rglob("*")) if file.suffix in (".csv", ".xlsx", ".zip")]
    assert len(files) > len(EVIL) + 3
    assert sum(check(file.read_bytes(), file.name) for file in files) > 4 * len(EVIL)


def test_the_writers_make_every_sign_plain() -> None:
    rows = [[evil] for evil in EVIL]
    assert check(as_csv(("words",), rows), "a.csv") == len(EVIL)
    assert check(as_xlsx([("words", ("words",), rows)])) == len(EVIL)


def test_spreadsheets_are_written_in_one_place() -> None:
    root = Path(dialer.__file__).parent
    writers = re.compile(r"^xlsxwriter\b|^csv\.(writer|DictWriter)$")
    found = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                name = node.module
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = f"{node.value.id}.{node.attr}"
            else:
                continue
            if writers.match(name):
                found.add(path.relative_to(root).as_posix())
    others = {"town/portfolio.py", "bench/importing.py", "store/importing/report.py"}
    assert found - others == {"reports/spreadsheet.py"}
